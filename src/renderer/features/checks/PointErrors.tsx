import { Grid3x3, Layers3, Table2 } from 'lucide-react'
import { useMemo, useState } from 'react'
import { errorFigure } from '../../../shared/figures'
import type { Cell } from '../../canvas/heatmap/draw'
import { Heatmap } from '../../canvas/heatmap/Heatmap'
import { makeScale } from '../../canvas/scale'
import { ScaleLegend } from '../../canvas/ScaleLegend'
import { useCanvasTheme } from '../../canvas/use-theme'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { Button, IconButton } from '../../ui/Button'
import { Segmented } from '../../ui/Tabs'
import { VirtualTable } from '../../ui/VirtualTable'
import { pointColumnLabel } from '../layers/matrices'
import type { Finished } from './checks-state'
import { ErrorMatrix, errorDomain, MEASURES, type Measure, type PointError } from './error-matrix'
import { Section } from './parts'
import { openTensor } from './run-check'

const TITLES = { cumulative: 'checks.cumulative', local: 'checks.local' } as const
const NEVER = () => () => undefined

/** Where in the model the error is made (local) and what it piles up to (cumulative): a heatmap and its table twin. */
export const PointErrors = ({ finished }: { readonly finished: Finished<'parity'> }) => {
  const t = useTranslate()
  const theme = useCanvasTheme()
  const letterKeys = useStore((state) => state.settings.letterShortcuts)
  const { points, localPositions, limits } = finished.report
  const [measure, setMeasure] = useState<Measure>('cumulative')
  const [asTable, setAsTable] = useState(false)
  const [chosen, setChosen] = useState<PointError | undefined>(undefined)
  const matrix = useMemo(() => new ErrorMatrix(points, measure), [points, measure])
  const scale = useMemo(() => makeScale('log', errorDomain(points)), [points])
  // Cells without a tensor (embedding of layer 3) keep what was chosen.
  const pick = (cell: Cell): void => setChosen((before) => matrix.pointAt(cell.row, cell.column) ?? before)
  const open = (): void => {
    if (chosen !== undefined)
      void openTensor({ position: Math.max(0, chosen.worstPosition), layer: chosen.layer, point: chosen.point }, finished.sequence)
  }
  return (
    <Section
      title={t('checks.byPoint')}
      help={
        measure === 'local'
          ? t('checks.localHelp', { count: localPositions, limit: errorFigure(limits.localNmse) })
          : t('checks.cumulativeHelp')
      }
      trailing={
        <>
          <Segmented
            label={t('checks.measure')}
            value={measure}
            onChange={setMeasure}
            options={MEASURES.map((value) => ({ value, label: t(TITLES[value]), disabled: value === 'local' && localPositions === 0 }))}
          />
          <IconButton
            size="small"
            variant="secondary"
            icon={asTable ? Grid3x3 : Table2}
            label={t(asTable ? 'layers.asPicture' : 'layers.asTable')}
            onClick={() => setAsTable(!asTable)}
          />
        </>
      }
    >
      <div className="flex flex-col rounded-md border border-line" style={{ height: asTable ? 360 : Math.min(560, 96 + matrix.rows * 24) }}>
        {asTable ? (
          <ErrorTable points={points} chosen={chosen} onChoose={setChosen} onOpen={open} />
        ) : (
          <Heatmap
            label={t('checks.heatmap', { measure: t(TITLES[measure]) })}
            instructions={t('checks.heatmapHelp')}
            matrix={matrix}
            field="rms"
            scale={scale}
            paletteName="viridis"
            theme={theme}
            gutters={{ left: 40, top: 58, right: 36 }}
            rowLabel={String}
            columnLabel={pointColumnLabel}
            columnLabelWidth={44}
            slantedColumnLabels
            cursor={chosen === undefined ? undefined : matrix.placeOf(chosen)}
            ghost={undefined}
            onCursor={pick}
            onHover={() => undefined}
            onActivate={open}
            letterKeys={letterKeys}
            subscribe={NEVER}
          />
        )}
      </div>
      <div className="flex min-h-7 flex-wrap items-center gap-x-4 gap-y-1 text-xs text-muted">
        <ScaleLegend low={errorFigure(scale.domain.low)} high={errorFigure(scale.domain.high)} theme={theme}>
          {t('checks.nmseLog')}
        </ScaleLegend>
        <span aria-live="polite" className="num text-sm text-text">
          {chosen === undefined ? '' : describe(chosen, t)}
        </span>
        {chosen !== undefined && (
          <Button size="small" icon={Layers3} onClick={open}>
            {t('checks.openTensor')}
          </Button>
        )}
      </div>
    </Section>
  )
}

const nameOf = ({ layer, point }: PointError): string =>
  point === 'embedding' || point === 'final_norm' || point === 'logits' ? point : `${layer} · ${point}`

const describe = (point: PointError, t: ReturnType<typeof useTranslate>): string =>
  t('checks.pointLine', {
    tensor: nameOf(point),
    cumulative: errorFigure(point.cumulativeNmse),
    local: point.localNmse === undefined ? t('checks.notMeasured') : errorFigure(point.localNmse),
    difference: errorFigure(point.maxAbsoluteDifference),
    position: String(point.worstPosition)
  })

const ErrorTable = ({
  points,
  chosen,
  onChoose,
  onOpen
}: {
  readonly points: readonly PointError[]
  readonly chosen: PointError | undefined
  readonly onChoose: (point: PointError | undefined) => void
  readonly onOpen: () => void
}) => {
  const t = useTranslate()
  const cell = (index: number, column: string) => {
    const point = points[index] as PointError
    if (column === 'tensor') return <span className="num">{nameOf(point)}</span>
    if (column === 'local') return point.localNmse === undefined ? <span className="text-faint">·</span> : errorFigure(point.localNmse)
    if (column === 'cumulative') return errorFigure(point.cumulativeNmse)
    if (column === 'relative') return errorFigure(point.cumulativeRelativeError)
    return column === 'difference' ? errorFigure(point.maxAbsoluteDifference) : point.worstPosition
  }
  return (
    <VirtualTable
      label={t('checks.byPoint')}
      columns={[
        { id: 'tensor', title: t('checks.tensor'), width: 'minmax(9rem,1fr)' },
        { id: 'cumulative', title: t('checks.cumulativeNmse'), width: '9rem', numeric: true },
        { id: 'relative', title: t('checks.relativeError'), width: '9rem', numeric: true },
        { id: 'local', title: t('checks.localNmse'), width: '8rem', numeric: true },
        { id: 'difference', title: t('checks.maxDifference'), width: '8rem', numeric: true },
        { id: 'position', title: t('checks.worstPosition'), width: '8rem', numeric: true }
      ]}
      rowCount={points.length}
      cell={cell}
      selected={chosen === undefined ? -1 : points.indexOf(chosen)}
      onSelect={(index) => onChoose(points[index])}
      onActivate={onOpen}
    />
  )
}
