import { memo } from 'react'
import { CartesianGrid, Line, LineChart as Recharts, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { AXIS_TEXT, CHART_TOOLTIP } from './chart-style'
import { logTicks, niceTicks, tickText, wholeTicks } from './ticks'

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
            tick={AXIS_TEXT}
            tickLine={false}
            axisLine={{ stroke: 'var(--line-strong)' }}
            height={18}
            allowDecimals={false}
            ticks={wholeTicks(points[0]?.x ?? 0, last)}
            interval={0}
          />
          <YAxis
            width={52}
            tick={AXIS_TEXT}
            tickLine={false}
            axisLine={false}
            scale={log ? 'log' : 'auto'}
            domain={['dataMin', 'dataMax']}
            allowDataOverflow={false}
            ticks={valueTicks(usable, log)}
            interval={0}
            tickFormatter={tickText}
          />
          <Tooltip
            isAnimationActive={false}
            cursor={{ stroke: 'var(--line-strong)' }}
            contentStyle={CHART_TOOLTIP}
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

/** Round values over the range of the points; powers of ten where the axis is logarithmic. */
function valueTicks(points: readonly ChartPoint[], log: boolean): number[] {
  let low = Infinity
  let high = -Infinity
  for (const { y } of points) {
    if (y === undefined || !Number.isFinite(y)) continue
    low = Math.min(low, y)
    high = Math.max(high, y)
  }
  if (low > high) return []
  return log ? logTicks(low, high) : niceTicks(low, high)
}
