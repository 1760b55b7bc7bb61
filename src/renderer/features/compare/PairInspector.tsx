import { GitCompareArrows } from 'lucide-react'
import { formatStatistic } from '../../../shared/units'
import { useTranslate } from '../../i18n'
import { relativeDifference, SEVERITY, TRACE_FIELDS } from '../../statistics'
import { useStore } from '../../store'
import { EmptyState } from '../../ui/EmptyState'
import { Table, Td, Th } from '../../ui/Table'
import { indexOfCursor, tensorName } from '../layers/matrices'
import { FIELD_TITLES, tokenLabel } from '../layers/use-layers'
import { usePair } from './use-pair'

/** All ten statistics of the cursor's cell in A and in B. */
export const PairInspector = () => {
  const t = useTranslate()
  const pair = usePair()
  const { token, layer, point } = useStore((state) => state.cursor)
  const traces = [pair?.a.statistics, pair?.b.statistics] as const
  const layers = pair?.a.layerCount ?? 0
  const index = indexOfCursor(layer, point, layers)
  if (pair === undefined || traces[0] === undefined || traces[1] === undefined || index === undefined) {
    return (
      <EmptyState icon={GitCompareArrows} title={t(pair === undefined ? 'layers.nothingToInspect' : 'layers.inspectorEmpty')}>
        {t(pair === undefined ? 'layers.nothingToInspectText' : 'layers.inspectorEmptyText')}
      </EmptyState>
    )
  }
  const [a, b] = traces
  const position = Math.max(0, Math.min(Math.min(a.end, b.end) - 1, token ?? Infinity))
  const shared =
    a.layerCount === b.layerCount &&
    a.severity(position, index) !== SEVERITY.notCaptured &&
    b.severity(position, index) !== SEVERITY.notCaptured
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <header className="border-b border-line px-3 py-2">
        <h2 className="num text-base font-semibold">{tensorName(index, layers)}</h2>
        <p className="m-0 text-sm text-muted">
          {t('layers.token')} <span className="num">{position}</span>
          <bdi className="num ml-2 rounded bg-sunken px-1">{tokenLabel(pair.a, position)}</bdi>
          <bdi className="num ml-1 rounded bg-sunken px-1">{tokenLabel(pair.b, position)}</bdi>
        </p>
      </header>
      {shared ? (
        <Table label={t('compare.inspectorTitle')} className="mt-1">
          <thead>
            <tr>
              <Th>{t('layers.statistic')}</Th>
              <Th numeric>A</Th>
              <Th numeric>B</Th>
              <Th numeric>{t('compare.relative')}</Th>
            </tr>
          </thead>
          <tbody>
            {TRACE_FIELDS.map((field) => {
              const values = [a.value(field, position, index), b.value(field, position, index)] as const
              const difference = relativeDifference(...values)
              return (
                <tr key={field}>
                  <Td className="text-muted">{t(FIELD_TITLES[field])}</Td>
                  <Td numeric>{formatStatistic(values[0])}</Td>
                  <Td numeric>{formatStatistic(values[1])}</Td>
                  <Td numeric className={difference === 0 ? 'text-ok' : 'font-medium'}>
                    {difference === 0 ? '=' : difference.toExponential(1)}
                  </Td>
                </tr>
              )
            })}
          </tbody>
        </Table>
      ) : (
        <p className="px-3 text-muted">{t('compare.notShared')}</p>
      )}
    </div>
  )
}
