import { ArrowLeft, CornerLeftUp, MousePointerClick } from 'lucide-react'
import { memo, type ReactNode, useMemo } from 'react'
import { faultText } from '../../../shared/protocol'
import { formatMilliseconds, formatStatistic } from '../../../shared/units'
import { TIMED_BLOCKS, tracePointAt } from '../../../shared/model/trace-points'
import { useTranslate } from '../../i18n'
import type { TraceStatistics } from '../../statistics'
import { SEVERITY, TRACE_FIELDS } from '../../statistics'
import { useStore } from '../../store'
import type { RunColumns } from '../../store/run-columns'
import { useThrottled } from '../../store/use-throttled'
import { Button, IconButton } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { LineChart } from '../../ui/LineChart'
import { actsOn, faultOfTensors } from '../fault/run-faults'
import { goToCell, originOfCell, walkBack, walkTo } from './actions'
import { HealthChip } from './HealthChip'
import { tensorName } from './matrices'
import { consumersOf, producersOf, readsEarlierTokens, timedBlockOf } from './operation-graph'
import { ReproButton } from './ReproButton'
import { seriesOverLayers, seriesOverTokens } from './series'
import { TensorValues } from './TensorValues'
import type { ShownCell } from './use-layers'
import { FIELD_TITLES, tokenLabel, useCursorCell, useShownTrace } from './use-layers'
import { useLayersState } from './view-state'

/** Everything known about the cell that the cursor is on. */
export const CellInspector = () => {
  const t = useTranslate()
  const { columns, trace } = useShownTrace()
  const cell = useCursorCell(trace)
  if (columns === undefined || trace === undefined || cell === undefined) {
    return (
      <EmptyState icon={MousePointerClick} title={t(trace === undefined ? 'layers.nothingToInspect' : 'layers.inspectorEmpty')}>
        {t(trace === undefined ? 'layers.nothingToInspectText' : 'layers.inspectorEmptyText')}
      </EmptyState>
    )
  }
  return <Inspected columns={columns} trace={trace} cell={cell} />
}

interface CellProps {
  readonly columns: RunColumns
  readonly trace: TraceStatistics
  readonly cell: ShownCell
}

const Inspected = ({ columns, trace, cell }: CellProps) => {
  const t = useTranslate()
  const { position, traceIndex } = cell
  const name = tensorName(traceIndex, trace.layerCount)
  const origin = originOfCell(trace, cell)
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <header className="sticky top-0 z-10 border-b border-line bg-surface px-3 py-2">
        <div className="flex items-center gap-2">
          <h2 className="num min-w-0 flex-1 truncate text-base font-semibold">{name}</h2>
          <HealthChip trace={trace} position={position} index={traceIndex} />
          <IconButton size="small" icon={ArrowLeft} label={t('layers.back')} keys="Backspace" onClick={() => walkBack(trace.layerCount)} />
        </div>
        <p className="text-sm text-muted">
          {t('layers.token')} <span className="num">{position}</span>
          <bdi className="num ml-2 rounded bg-sunken px-1">{tokenLabel(columns, position)}</bdi>
        </p>
      </header>
      {origin !== undefined && (
        <div role="note" className="flex items-center gap-2 border-b border-line bg-danger-soft px-3 py-2 text-sm">
          <span className="flex-1">{t('layers.origin', { tensor: tensorName(origin, trace.layerCount) })}</span>
          {origin !== traceIndex && (
            <Button size="small" icon={CornerLeftUp} onClick={() => walkTo(cell, origin, trace.layerCount)}>
              {t('layers.goToOrigin')}
            </Button>
          )}
        </div>
      )}
      <PlantedHere columns={columns} cell={cell} />
      <Statistics trace={trace} cell={cell} />
      <Neighbours trace={trace} cell={cell} />
      <Charts trace={trace} revision={trace.revision} position={position} traceIndex={traceIndex} />
      <TensorValues runId={columns.detail.row.id} cell={cell} name={name} />
      <Computation columns={columns} trace={trace} cell={cell} />
      <ReproButton columns={columns} cell={cell} />
    </div>
  )
}

/** The chain of causes ends here when somebody planted what begins here. */
const PlantedHere = ({ columns, cell }: Omit<CellProps, 'trace'>) => {
  const t = useTranslate()
  const fault = faultOfTensors(columns.detail)
  const { layer, point } = tracePointAt(cell.traceIndex, columns.layerCount)
  if (fault === undefined || !actsOn(fault, layer, point, cell.position)) return null
  return (
    <p role="note" className="m-0 border-b border-line bg-warn-soft px-3 py-2 text-sm text-warn">
      {t('fault.here')} <span className="num break-words">{faultText(fault)}</span>
    </p>
  )
}

const Section = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => (
  <section className="border-b border-line px-3 py-2">
    <h3 className="overline mb-1">{title}</h3>
    {children}
  </section>
)

const Statistics = ({ trace, cell }: Omit<CellProps, 'columns'>) => {
  const t = useTranslate()
  const shown = useLayersState((state) => state.field)
  const captured = trace.severity(cell.position, cell.traceIndex) !== SEVERITY.notCaptured
  return (
    <Section title={t('layers.statistics')}>
      <dl className="grid grid-cols-[1fr_auto_1fr_auto] gap-x-3 gap-y-0.5 text-sm">
        {TRACE_FIELDS.map((field) => (
          <div key={field} className="contents">
            <dt className={field === shown ? 'font-medium text-text' : 'text-muted'}>{t(FIELD_TITLES[field])}</dt>
            <dd className="num m-0 text-right">{captured ? formatStatistic(trace.value(field, cell.position, cell.traceIndex)) : '–'}</dd>
          </div>
        ))}
      </dl>
    </Section>
  )
}

const Neighbours = ({ trace, cell }: Omit<CellProps, 'columns'>) => {
  const t = useTranslate()
  const layers = trace.layerCount
  const producers = producersOf(cell.traceIndex, layers)
  const consumers = consumersOf(cell.traceIndex, layers)
  return (
    <>
      <Section title={t('layers.inputs')}>
        {producers.length === 0 && <p className="text-sm text-muted">{t('layers.noInputs')}</p>}
        {producers.map((index) => (
          <Neighbour key={index} trace={trace} cell={cell} index={index} />
        ))}
        {readsEarlierTokens(cell.traceIndex, layers) && <p className="px-1.5 text-sm text-muted">{t('layers.earlierTokens')}</p>}
      </Section>
      <Section title={t('layers.readers')}>
        {consumers.length === 0 && <p className="text-sm text-muted">{t('layers.noReaders')}</p>}
        {consumers.map((index) => (
          <Neighbour key={index} trace={trace} cell={cell} index={index} />
        ))}
      </Section>
    </>
  )
}

const Neighbour = ({ trace, cell, index }: Omit<CellProps, 'columns'> & { readonly index: number }) => {
  const field = useLayersState((state) => state.field)
  const captured = trace.severity(cell.position, index) !== SEVERITY.notCaptured
  return (
    <button
      type="button"
      onClick={() => walkTo(cell, index, trace.layerCount)}
      className="flex min-h-6 w-full items-center gap-2 rounded px-1.5 text-left text-sm hover:bg-hover"
    >
      <span className="num min-w-0 flex-1 truncate">{tensorName(index, trace.layerCount)}</span>
      <span className="num text-muted">{captured ? formatStatistic(trace.value(field, cell.position, index)) : ''}</span>
      <HealthChip trace={trace} position={cell.position} index={index} />
    </button>
  )
}

/** A Recharts chart takes tens of milliseconds; while tokens stream in, twice a second is enough. */
const CHART_MILLISECONDS = 500

interface ChartsProps extends ShownCell {
  readonly trace: TraceStatistics
  readonly revision: number
}

const Charts = memo((props: ChartsProps) => {
  const t = useTranslate()
  const field = useLayersState((state) => state.field)
  const scaleKind = useLayersState((state) => state.scaleKind)
  const { trace, traceIndex } = props
  const revision = useThrottled(props.revision, CHART_MILLISECONDS)
  const position = useThrottled(props.position, CHART_MILLISECONDS)
  const { layer, point } = tracePointAt(traceIndex, trace.layerCount)
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- the revision stands for the data inside `trace`
  const overTokens = useMemo(() => seriesOverTokens(trace, field, traceIndex), [trace, field, traceIndex, revision])
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- the same
  const overLayers = useMemo(() => seriesOverLayers(trace, field, position, traceIndex), [trace, field, position, traceIndex, revision])
  const pickToken = useMemo(
    () => (picked: number) => goToCell({ position: picked, traceIndex }, trace.layerCount),
    [traceIndex, trace.layerCount]
  )
  const statistic = t(FIELD_TITLES[field])
  const log = scaleKind === 'log'
  return (
    <>
      <Section title={t('layers.overTokens', { statistic })}>
        <LineChart
          label={t('layers.overTokens', { statistic })}
          points={overTokens}
          log={log}
          marked={position}
          xName={t('layers.token')}
          yName={statistic}
          format={formatStatistic}
          onPick={pickToken}
        />
      </Section>
      {overLayers.length > 1 && (
        <Section title={t('layers.overLayers', { statistic })}>
          <LineChart
            label={t('layers.overLayers', { statistic })}
            points={overLayers}
            log={log}
            marked={layer}
            xName={t('layers.layer')}
            yName={`${statistic} · ${point}`}
            format={formatStatistic}
            onPick={pickLayer}
          />
        </Section>
      )}
    </>
  )
})
Charts.displayName = 'Charts'

const pickLayer = (layer: number): void => useStore.getState().moveCursor({ layer })

const Computation = ({ columns, trace, cell }: CellProps) => {
  const t = useTranslate()
  const { block, layer } = timedBlockOf(cell.traceIndex, trace.layerCount)
  const { model, recorded } = columns.detail
  const time = columns.hasBlockTimes ? columns.blockTime(cell.position, layer, TIMED_BLOCKS.indexOf(block)) : Number.NaN
  const rows: readonly (readonly [string, string])[] = [
    [t('layers.backend'), `${model.backend} · ${model.device}`],
    [t('layers.precision'), `${model.quantLabel} · ${model.options.precision} · KV ${model.options.kvType}`],
    [t('layers.source'), t(recorded ? 'layers.sourceRecorded' : 'layers.sourceLive')],
    [t('layers.blockTime', { block }), Number.isFinite(time) ? formatMilliseconds(time) : t('layers.blockTimeNone')]
  ]
  return (
    <Section title={t('layers.computedBy')}>
      <dl className="space-y-0.5 text-sm">
        {rows.map(([title, text]) => (
          <div key={title} className="flex gap-3">
            <dt className="shrink-0 text-muted">{title}</dt>
            <dd className="m-0 ml-auto text-right break-words">{text}</dd>
          </div>
        ))}
      </dl>
    </Section>
  )
}
