import { memo } from 'react'
import { Bar, BarChart, CartesianGrid, Legend, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { AXIS_TEXT, CHART_TOOLTIP } from './chart-style'
import { wholeTicks } from './ticks'

export interface ChartSeries {
  readonly id: string
  readonly name: string
  /** A CSS colour. */
  readonly color: string
}

interface StackedChartProps {
  readonly label: string
  readonly data: readonly (Readonly<Record<string, number>> & { readonly x: number })[]
  readonly series: readonly ChartSeries[]
  readonly xTitle: (x: number) => string
  readonly unit: string
  readonly format: (value: number) => string
  readonly onPick?: (x: number) => void
}

/** Stacked bars over whole numbers. Redraws only when its data changes: keep `data` the same while it does not. */
export const StackedChart = memo(({ label, data, series, xTitle, unit, format, onPick }: StackedChartProps) => {
  return (
    <figure aria-label={label} className="m-0 h-full min-h-40">
      <ResponsiveContainer width="100%" height="100%">
        <BarChart
          data={data as (Record<string, number> & { x: number })[]}
          margin={{ top: 8, right: 12, bottom: 0, left: 0 }}
          barCategoryGap={data.length > 60 ? 0 : '12%'}
          accessibilityLayer={false}
          onClick={(state) => {
            const x = Number(state.activeLabel)
            if (Number.isFinite(x)) onPick?.(x)
          }}
        >
          <CartesianGrid stroke="var(--line)" vertical={false} />
          <XAxis
            dataKey="x"
            tick={AXIS_TEXT}
            tickLine={false}
            axisLine={{ stroke: 'var(--line-strong)' }}
            height={20}
            ticks={barTicks(data)}
            interval={0}
          />
          <YAxis
            width={56}
            tick={AXIS_TEXT}
            tickLine={false}
            axisLine={false}
            tickFormatter={(value: number) => `${Number(value.toPrecision(3))} ${unit}`}
          />
          <Tooltip
            isAnimationActive={false}
            itemSorter={(item) => -series.findIndex(({ id }) => id === item.dataKey)}
            cursor={{ fill: 'var(--hover)' }}
            contentStyle={CHART_TOOLTIP}
            itemStyle={{ padding: 0, color: 'var(--text)' }}
            labelFormatter={(x) => xTitle(Number(x))}
            formatter={(value, name) => [format(Number(value)), name]}
          />
          <Legend
            iconType="square"
            itemSorter={null}
            iconSize={9}
            wrapperStyle={{ fontSize: 11, color: 'var(--muted)' }}
            formatter={(name: string) => <span style={{ color: 'var(--text)' }}>{name}</span>}
          />
          {series.map(({ id, name, color }) => (
            <Bar key={id} dataKey={id} name={name} stackId="all" fill={color} isAnimationActive={false} />
          ))}
        </BarChart>
      </ResponsiveContainer>
    </figure>
  )
})
StackedChart.displayName = 'StackedChart'

/** Bars at round places, or the ones next to them: a bar may stand for several tokens. */
function barTicks(data: readonly { readonly x: number }[]): number[] {
  const first = data[0]?.x ?? 0
  const last = data[data.length - 1]?.x ?? 0
  const named = wholeTicks(first, last, 8).map((tick) => data.find(({ x }) => x >= tick)?.x)
  return [...new Set(named)].filter((x) => x !== undefined)
}
