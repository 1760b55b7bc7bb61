import { memo } from 'react'
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

/** A small line over whole numbers (tokens, layers). Redraws only when its points or marks change: keep `points` the same while they are. */
export const LineChart = memo(({ label, points, log, marked, xName, yName, format, onPick, height = 118 }: LineChartProps) => {
  const last = points[points.length - 1]?.x ?? 0
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
          {/* Given ticks spare Recharts measuring every label in the document. */}
          <XAxis
            dataKey="x"
            type="number"
            domain={['dataMin', 'dataMax']}
            tick={AXIS}
            tickLine={false}
            axisLine={{ stroke: 'var(--line-strong)' }}
            height={18}
            allowDecimals={false}
            ticks={wholeTicks(points[0]?.x ?? 0, last)}
            interval={0}
          />
          <YAxis
            width={52}
            tick={AXIS}
            tickLine={false}
            axisLine={false}
            scale={log ? 'log' : 'auto'}
            domain={['dataMin', 'dataMax']}
            allowDataOverflow={false}
            ticks={valueTicks(usable, log)}
            interval={0}
            tickFormatter={shortNumber}
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
            labelFormatter={(x) => `${xName} ${Number(x)}`}
            formatter={(value) => [format(Number(value)), yName]}
          />
          {marked !== undefined && <ReferenceLine x={marked} stroke="var(--accent)" strokeDasharray="3 2" />}
          <Line dataKey="y" stroke="var(--series-1)" strokeWidth={1.4} dot={false} isAnimationActive={false} connectNulls={false} />
        </Recharts>
      </ResponsiveContainer>
    </figure>
  )
})
LineChart.displayName = 'LineChart'

/** At most five whole numbers from first to last. */
function wholeTicks(first: number, last: number): number[] {
  const step = Math.max(1, Math.ceil((last - first) / 4))
  const ticks: number[] = []
  for (let tick = first; tick <= last; tick += step) ticks.push(tick)
  return ticks
}

/** Three or four values over the range of the points; even in the logarithm where the axis is. */
function valueTicks(points: readonly ChartPoint[], log: boolean): number[] {
  let low = Infinity
  let high = -Infinity
  for (const { y } of points) {
    if (y === undefined || !Number.isFinite(y)) continue
    low = Math.min(low, y)
    high = Math.max(high, y)
  }
  if (low > high) return []
  if (low === high) return [low]
  return [0, 1 / 3, 2 / 3, 1].map((at) => (log ? low * (high / low) ** at : low + (high - low) * at))
}

function shortNumber(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e4 || size < 1e-3)) return value.toExponential(0)
  return String(Number(value.toPrecision(3)))
}
