import { Bar, BarChart, CartesianGrid, Legend, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { shareFigure } from '../../../shared/figures'
import { useTranslate } from '../../i18n'
import { visibleToken } from '../play/lane/visible'

export interface HeadRow {
  readonly id: number
  readonly text: string
  readonly model: number
  readonly after: number
}

/** The head of the distribution before and after the samplers. */
export const HeadChart = ({ rows }: { readonly rows: readonly HeadRow[] }) => {
  const t = useTranslate()
  const data = rows.map((row) => ({ ...row, name: visibleToken(row.text).slice(0, 12) }))
  return (
    <div role="img" aria-label={t('logits.headHelp', { count: rows.length })} className="h-44">
      <ResponsiveContainer width="100%" height="100%">
        <BarChart data={data} margin={{ top: 4, right: 4, bottom: 0, left: -8 }} barGap={1} barCategoryGap="22%" accessibilityLayer={false}>
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="name"
            interval={0}
            angle={-35}
            textAnchor="end"
            height={52}
            tick={{ fill: 'var(--muted)', fontSize: 11, fontFamily: 'var(--font-mono)' }}
            tickLine={false}
            axisLine={{ stroke: 'var(--line-strong)' }}
          />
          <YAxis
            tickFormatter={(value: number) => `${Math.round(value * 100)} %`}
            tick={{ fill: 'var(--muted)', fontSize: 11 }}
            tickLine={false}
            axisLine={false}
            width={52}
          />
          <Tooltip
            cursor={{ fill: 'var(--hover)' }}
            formatter={(value) => shareFigure(Number(value))}
            contentStyle={{ background: 'var(--raised)', border: '1px solid var(--line)', borderRadius: 8, fontSize: 12 }}
            labelStyle={{ fontFamily: 'var(--font-mono)', color: 'var(--text)' }}
            isAnimationActive={false}
          />
          <Legend verticalAlign="top" align="right" height={20} iconSize={9} wrapperStyle={{ fontSize: 12, top: -4 }} />
          <Bar dataKey="model" name={t('logits.model')} fill="var(--series-6)" isAnimationActive={false} />
          <Bar dataKey="after" name={t('logits.after')} fill="var(--series-1)" isAnimationActive={false} />
        </BarChart>
      </ResponsiveContainer>
    </div>
  )
}
