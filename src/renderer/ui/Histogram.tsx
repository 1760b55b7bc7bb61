import { Bar, BarChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { formatStatistic } from '../../shared/units'
import { CHART_TOOLTIP } from './chart-style'
import { niceTicks, tickText } from './ticks'

export interface HistogramBin {
  readonly from: number
  readonly to: number
  readonly count: number
}

interface HistogramProps {
  readonly label: string
  /** Bins of one width, in order. */
  readonly bins: readonly HistogramBin[]
  /** What is counted: "values". */
  readonly countName: string
  readonly height: number
  /** Bars as tall as the logarithm of their count. */
  readonly logCounts?: boolean
}

const SIDE = 8

export const Histogram = ({ label, bins, countName, height, logCounts = false }: HistogramProps) => {
  const low = bins[0]?.from ?? 0
  const high = bins[bins.length - 1]?.to ?? 0
  const data = bins.map((bin) => ({ ...bin, shown: logCounts ? Math.log10(bin.count + 1) : bin.count }))
  return (
    <figure aria-label={label} className="m-0">
      <ResponsiveContainer width="100%" height={height}>
        <BarChart data={data} margin={{ top: 4, right: SIDE, bottom: 0, left: SIDE }} barCategoryGap={1} accessibilityLayer={false}>
          <XAxis dataKey="from" tick={false} tickLine={false} axisLine={{ stroke: 'var(--line-strong)' }} height={3} />
          <YAxis hide domain={[0, 'dataMax']} />
          <Tooltip
            isAnimationActive={false}
            cursor={{ fill: 'var(--hover)' }}
            contentStyle={CHART_TOOLTIP}
            labelFormatter={(_, [item]) => {
              const bin = item?.payload as HistogramBin | undefined
              return bin === undefined ? '' : `${formatStatistic(bin.from)} … ${formatStatistic(bin.to)}`
            }}
            formatter={(_, __, item) => [String((item.payload as HistogramBin).count), countName]}
          />
          <Bar dataKey="shown" fill="var(--series-1)" isAnimationActive={false} />
        </BarChart>
      </ResponsiveContainer>
      {/* Round values at their true places: a bar axis could only name the beginnings of its bars. */}
      <div aria-hidden className="num relative h-4 text-[0.625rem] text-muted" style={{ margin: `0 ${SIDE}px` }}>
        {niceTicks(low, high, 5).map((tick) => (
          <span key={tick} className="absolute -translate-x-1/2 font-mono" style={{ left: `${((tick - low) / (high - low || 1)) * 100}%` }}>
            {tickText(tick)}
          </span>
        ))}
      </div>
    </figure>
  )
}
