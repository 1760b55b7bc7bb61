import { useMemo, useState } from 'react'
import { traceIndex } from '../../../shared/model/trace-points'
import { errorFigure } from '../../../shared/figures'
import { Heatmap } from '../../canvas/heatmap/Heatmap'
import { ScaleLegend } from '../../canvas/ScaleLegend'
import { useCanvasTheme } from '../../canvas/use-theme'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { type DriftSteps, useDrift } from '../../store/drift'
import type { RunColumns } from '../../store/run-columns'
import { Drawer } from '../../ui/Dialog'
import { LineChart } from '../../ui/LineChart'
import { VirtualTable } from '../../ui/VirtualTable'
import { Favourites } from '../play/lane/Favourites'
import { visibleToken } from '../play/lane/visible'
import { DriftReference, DriftSwitch } from './DriftControls'
import { DRIFT_SCALE, DriftMatrix } from './drift-matrix'

interface DriftDrawerProps {
  readonly columns: RunColumns
  readonly drift: DriftSteps
  readonly onClose: () => void
}

/** The drift of a run in full: layer × token, divergence by token, and every number as a table. */
export const DriftDrawer = ({ columns, drift, onClose }: DriftDrawerProps) => {
  const t = useTranslate()
  const theme = useCanvasTheme()
  const revision = useDrift((state) => state.revision)
  const following = useDrift((state) => state.following)
  const layers = useDrift((state) => state.layers)
  const vocabulary = useStore((state) => state.vocabulary)
  const token = useStore((state) => state.cursor.token)
  const moveCursor = useStore((state) => state.moveCursor)
  const letterKeys = useStore((state) => state.settings.letterShortcuts)
  const from = columns.promptCount
  const to = columns.tokenCount
  const [layer, setLayer] = useState(columns.layerCount - 1)
  const matrix = useMemo(() => new DriftMatrix(drift, columns.layerCount, from, to), [drift, columns.layerCount, from, to])
  const points = useMemo(
    () => Array.from({ length: to - from }, (_, index) => ({ x: from + index, y: drift.at(from + index - 1)?.klDivergence })),
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the revision stands for what the steps hold
    [drift, from, to, revision]
  )
  const name = (id: number): string => (id < 0 ? '–' : visibleToken(vocabulary?.text(id) ?? `#${id}`))
  const cell = (index: number, column: string) => {
    const step = drift.at(from + index - 1)
    if (column === 'token') return from + index
    if (column === 'text') return <bdi className="font-mono">{name(columns.ids.values[from + index] ?? -1)}</bdi>
    if (step === undefined) return <span className="text-faint">·</span>
    if (column === 'kl') return errorFigure(step.klDivergence)
    const last = step.layerErrors.at(-1)
    if (column === 'last') return last === undefined ? '·' : errorFigure(last)
    if (column === 'largest') return last === undefined ? '·' : errorFigure(Math.max(...step.layerErrors))
    if (column === 'lag') return step.lag
    return <Favourites reference={name(step.referenceTop)} tested={name(step.testTop)} differ={step.flip} />
  }
  return (
    <Drawer open onOpenChange={onClose} title={t('drift.drawerTitle')} description={t('drift.drawerText')} closeLabel={t('app.close')}>
      <div className="flex h-full flex-col gap-4">
        <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
          <DriftSwitch />
          <DriftReference />
        </div>
        {following !== undefined && <p className="m-0 text-sm text-muted">{following}</p>}
        {!layers && <p className="m-0 text-sm text-muted">{t('drift.noLayers')}</p>}
        {drift.unmatchedFrom !== undefined && (
          <p className="m-0 text-sm text-warn">{t('drift.unmatched', { position: String(drift.unmatchedFrom + 1) })}</p>
        )}
        {layers && (
          <>
            <div className="h-72 shrink-0 rounded-md border border-line">
              <Heatmap
                label={t('drift.heatmap')}
                instructions={t('layers.heatmapHelp')}
                matrix={matrix}
                field="rms"
                scale={DRIFT_SCALE}
                paletteName="viridis"
                theme={theme}
                gutters={{ left: 40, top: 24, right: 0 }}
                rowLabel={String}
                columnLabel={(column) => String(from + column)}
                columnLabelWidth={44}
                cursor={token === undefined ? undefined : matrix.find({ position: token, traceIndex: traceIndex(layer, 'layer_out') })}
                ghost={undefined}
                onCursor={({ row, column }) => {
                  setLayer(row)
                  moveCursor({ token: from + column, layer: row, point: 'layer_out', element: undefined })
                }}
                onHover={() => undefined}
                letterKeys={letterKeys}
                subscribe={(changed) => useDrift.subscribe(changed)}
              />
            </div>
            <ScaleLegend low="1e-8" high="1" theme={theme}>
              {t('drift.legend')}
            </ScaleLegend>
          </>
        )}
        <h3 className="-mb-3 text-base font-semibold">{t('drift.klTitle')}</h3>
        <LineChart
          label={t('drift.klChart')}
          points={points}
          log={points.some(({ y }) => y !== undefined && y > 0)}
          marked={token}
          xName={t('play.token')}
          yName={t('drift.kl')}
          format={errorFigure}
          onPick={(position) => moveCursor({ token: position, element: undefined })}
        />
        <div className="flex min-h-60 flex-1 flex-col rounded-md border border-line">
          <VirtualTable
            label={t('drift.table')}
            columns={[
              { id: 'token', title: t('drift.position'), width: '5rem', numeric: true },
              { id: 'text', title: t('play.token'), width: 'minmax(6rem,1fr)' },
              { id: 'favourite', title: t('drift.favourite'), width: 'minmax(8rem,1fr)' },
              { id: 'kl', title: t('drift.kl'), width: '7rem', numeric: true },
              { id: 'largest', title: t('drift.largest'), width: '8rem', numeric: true },
              { id: 'last', title: t('drift.last'), width: '8rem', numeric: true },
              { id: 'lag', title: t('drift.lag'), width: '5rem', numeric: true }
            ]}
            rowCount={to - from}
            cell={cell}
            selected={token === undefined ? -1 : token - from}
            onSelect={(index) => moveCursor({ token: from + index, element: undefined })}
          />
        </div>
      </div>
    </Drawer>
  )
}
