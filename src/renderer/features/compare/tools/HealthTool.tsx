import { useTranslate } from '../../../i18n'
import { useStore } from '../../../store'
import { VirtualTable } from '../../../ui/VirtualTable'
import { ToolFrame, ToolVerdict } from './ToolFrame'
import { sequenceOf, useToolState } from './tool-state'
import { useTool } from './use-tool'

const TONES = { clean: 'ok', warnings: 'warn', broken: 'danger' } as const
const TITLES = { clean: 'compare.clean', warnings: 'compare.warnings', broken: 'compare.broken' } as const
const nameOf = ({ layer, point }: { readonly layer: number; readonly point: string }): string =>
  /^(embedding|final_norm|logits)$/.test(point) ? point : `${layer} · ${point}`

/** The proof that nothing is NaN, infinite, frozen or dead; or where it first is. */
export const HealthTool = () => {
  const t = useTranslate()
  const { tested, source, text } = useToolState()
  const runId = useStore((state) => state.cursor.run)
  const moveCursor = useStore((state) => state.moveCursor)
  const showView = useStore((state) => state.showView)
  const { running, report, error, start } = useTool('numerics.health')
  const seen = report?.prompts.reduce(
    (sum, prompt) => ({ values: sum.values + prompt.valuesSeen, positions: sum.positions + prompt.positions }),
    { values: 0, positions: 0 }
  )
  return (
    <ToolFrame
      about={t('compare.healthAbout')}
      running={running}
      error={error}
      withReference={false}
      onStart={() => start({ test: tested, sequences: [sequenceOf(source, text, runId)] })}
    >
      {report !== undefined && seen !== undefined && (
        <>
          <ToolVerdict tone={TONES[report.verdict]} title={t(TITLES[report.verdict])}>
            {t('compare.valuesSeen', seen)}
            {report.lastFiniteAncestor !== undefined && ` · ${t('compare.ancestor', { tensor: nameOf(report.lastFiniteAncestor) })}`}
          </ToolVerdict>
          {report.alerts.length > 0 && (
            <VirtualTable
              label={t('layers.alerts')}
              className="min-h-64"
              columns={[
                { id: 'kind', title: t('compare.kind'), width: '8rem' },
                { id: 'tensor', title: t('compare.tensor'), width: 'minmax(10rem,1fr)' },
                { id: 'position', title: t('compare.position'), width: '6rem', numeric: true },
                { id: 'amount', title: t('compare.amount'), width: '8rem', numeric: true }
              ]}
              rowCount={report.alerts.length}
              onActivate={(row) => {
                const alert = report.alerts[row]
                if (alert === undefined) return
                moveCursor({ token: alert.position, layer: alert.layer, point: alert.point, element: undefined })
                showView('layers')
              }}
              cell={(row, column) => {
                const alert = report.alerts[row]
                if (alert === undefined) return null
                if (column === 'kind') return <span className="font-medium text-danger">{alert.kind}</span>
                if (column === 'tensor') return <span className="num">{nameOf(alert)}</span>
                return column === 'position' ? alert.position : Number(alert.amount.toPrecision(4))
              }}
            />
          )}
        </>
      )}
    </ToolFrame>
  )
}
