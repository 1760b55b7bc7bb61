import { TIMED_BLOCKS } from '../../../shared/model/trace-points'
import { useTranslate } from '../../i18n'
import { VirtualTable } from '../../ui/VirtualTable'
import type { StackedBar } from './profile-data'

/** Mean milliseconds of every block in every layer: the chart over layers as numbers. */
export const LayersTable = ({
  bars,
  selected,
  onSelect
}: {
  readonly bars: readonly StackedBar[]
  readonly selected: number
  readonly onSelect: (layer: number) => void
}) => {
  const t = useTranslate()
  const last = bars.length - 1
  return (
    <VirtualTable
      label={t('profile.layersTable')}
      columns={[
        { id: 'layer', title: t('profile.layerColumn'), width: 'minmax(8rem,1fr)' },
        ...TIMED_BLOCKS.map((block) => ({ id: block, title: block, width: '5.5rem', numeric: true })),
        { id: 'sum', title: t('profile.sum'), width: '5.5rem', numeric: true }
      ]}
      rowCount={bars.length}
      selected={selected}
      onSelect={onSelect}
      cell={(row, column) => {
        const bar = bars[row]
        if (bar === undefined) return null
        if (column === 'layer') return row === last ? t('profile.outside') : row
        const value = column === 'sum' ? TIMED_BLOCKS.reduce((sum, block) => sum + (bar[block] ?? 0), 0) : (bar[column] ?? 0)
        return value === 0 ? <span className="text-faint">0</span> : value.toFixed(3)
      }}
    />
  )
}
