import { CartesianGrid, Line, LineChart as Recharts, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'

export interface ChartPoint {
  readonly x: number
  /** Undefined leaves a gap. */
  readonly y: number | undefined
}

interface LineChartProps {
  readonly label: string
  readonly points: readonly ChartPoint[]
  readonly log: boolean
  /** Where the cursor is. */
  readonly marked: number | undefined
  readonly xName: string
  readonly yName: string
  readonly format: (value: number) => string
  readonly onPick?: (x: number) => void
  readonly height?: number
}

const AXIS = { fontSize: 10, fill: 'var(--muted)', fontFamily: 'IBM Plex Mono, monospace' }

/** A small line over whole numbers (tokens, layers), drawn at most as often as its parent. */
export const LineChart = ({ label, points, log, marked, xName, yName, format, onPick, height = 118 }: LineChartProps) => {
  const usable = log ? points.map((point) => ({ x: point.x, y: point.y !== undefined && point.y > 0 ? point.y : undefined })) : points
  return (
    <figure aria-label={label} className="m-0">
      <ResponsiveContainer width="100%" height={height}>
        <Recharts
          data={usable as ChartPoint[]}
          margin={{ top: 6, right: 10, bottom: 0, left: 0 }}
          accessibilityLayer={false}
          onClick={(state) => {
            const x = Number(state.activeLabel)
            if (Number.isFinite(x)) onPick?.(x)
          }}
        >
          <CartesianGrid stroke="var(--line)" vertical={false} />
          <XAxis
            dataKey="x"
            type="number"
            domain={['dataMin', 'dataMax']}
            tick={AXIS}
            tickLine={false}
            axisLine={{ stroke: 'var(--line-strong)' }}
            height={18}
            allowDecimals={false}
          />
          <YAxis
            width={52}
            tick={AXIS}
            tickLine={false}
            axisLine={false}
            scale={log ? 'log' : 'auto'}
            domain={['auto', 'auto']}
            allowDataOverflow={false}
            tickFormatter={(value: number) => shortNumber(value)}
          />
          <Tooltip
            isAnimationActive={false}
            cursor={{ stroke: 'var(--line-strong)' }}
            contentStyle={{
              background: 'var(--raised)',
              border: '1px solid var(--line)',
              borderRadius: 6,
              fontSize: 11,
              padding: '4px 8px'
            }}
            labelFormatter={(x) => `${xName} ${String(x)}`}
            formatter={(value) => [format(Number(value)), yName]}
          />
          {marked !== undefined && <ReferenceLine x={marked} stroke="var(--accent)" strokeDasharray="3 2" />}
          <Line dataKey="y" stroke="var(--series-1)" strokeWidth={1.4} dot={false} isAnimationActive={false} connectNulls={false} />
        </Recharts>
      </ResponsiveContainer>
    </figure>
  )
}

function shortNumber(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e4 || size < 1e-3)) return value.toExponential(0)
  return String(Number(value.toPrecision(3)))
}
