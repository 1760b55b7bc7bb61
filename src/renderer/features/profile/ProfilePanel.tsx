import { Activity, Download, Gauge } from 'lucide-react'
import { type ReactNode, useMemo, useState } from 'react'
import { formatMilliseconds } from '../../../shared/units'
import { valueOrReport } from '../../actions/report'
import { call } from '../../bridge'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import type { RunColumns } from '../../store/run-columns'
import { useRunColumns } from '../../store/use-run'
import { useThrottled } from '../../store/use-throttled'
import { Button } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { StackedChart } from '../../ui/StackedChart'
import { saveFile } from '../../ui/save-file'
import { Segmented } from '../../ui/Tabs'
import { Tooltip } from '../../ui/Tooltip'
import { BlockTable } from './BlockTable'
import { kvBytes } from './block-bytes'
import { LayersTable } from './LayersTable'
import { barsOverLayers, barsOverTokens, blockTotal, measuredPositions, type Phase, type ProfileSummary, summarise } from './profile-data'
import { blockSeries } from './series'
import { csvOf, traceFile } from './trace-export'
import { useModelBytes } from './use-model-bytes'

const CHART_BARS = 96
/** Sums over all tokens and a Recharts chart: twice a second while tokens come. */
const REDRAW_MILLISECONDS = 500

/** Where the time of a run goes: by block, by token and by layer. */
export const ProfilePanel = () => {
  const t = useTranslate()
  const showView = useStore((state) => state.showView)
  const columns = useRunColumns('chart')
  if (columns === undefined || columns.rowEnd === 0) {
    return (
      <EmptyState
        icon={Activity}
        title={t('profile.emptyNoRun')}
        actions={
          <>
            <Button variant="primary" onClick={() => showView('play')}>
              {t('profile.goToPlay')}
            </Button>
            <Button onClick={() => showView('runs')}>{t('profile.goToRuns')}</Button>
          </>
        }
      >
        {t('profile.emptyNoRunText')}
      </EmptyState>
    )
  }
  return <Measured columns={columns} revision={columns.revision} />
}

const Measured = ({ columns, revision }: { readonly columns: RunColumns; readonly revision: number }) => {
  const t = useTranslate()
  const [phase, setPhase] = useState<Phase>('generated')
  const [view, setView] = useState<'tokens' | 'layers'>('tokens')
  const shown = useThrottled(revision, REDRAW_MILLISECONDS)
  const moveCursor = useStore((state) => state.moveCursor)
  const layer = useStore((state) => state.cursor.layer)
  // oxlint-disable react-hooks/exhaustive-deps -- the revision stands for the data inside `columns`
  const positions = useMemo(() => measuredPositions(columns, phase), [columns, phase, shown])
  const summary = useMemo(() => summarise(columns, positions), [columns, positions, shown])
  const tokenBars = useMemo(() => barsOverTokens(columns, positions, CHART_BARS), [columns, positions, shown])
  const layerBars = useMemo(() => (columns.hasBlockTimes ? barsOverLayers(columns, positions) : []), [columns, positions, shown])
  // oxlint-enable react-hooks/exhaustive-deps
  const series = useMemo(() => blockSeries(view === 'tokens' ? t('profile.unaccounted') : undefined), [view, t])
  const titles = useMemo(
    () => ({
      token: (position: number) => t('profile.token', { position: String(position) }),
      layer: (index: number) => (index === columns.layerCount ? t('profile.outside') : t('profile.layer', { layer: String(index) }))
    }),
    [t, columns.layerCount]
  )
  const picks = useMemo(
    () => ({
      token: (position: number) => moveCursor({ token: position }),
      layer: (index: number) => moveCursor({ layer: Math.min(index, columns.layerCount - 1), point: 'layer_out' })
    }),
    [moveCursor, columns.layerCount]
  )
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line px-3 py-1.5">
        <Segmented
          label={t('profile.phase')}
          value={phase}
          onChange={setPhase}
          options={[
            { value: 'generated', label: t('profile.phaseGenerated') },
            { value: 'prompt', label: t('profile.phasePrompt') }
          ]}
        />
        <Segmented
          label={t('profile.view')}
          value={view}
          onChange={setView}
          options={[
            { value: 'tokens', label: t('profile.overTokens') },
            { value: 'layers', label: t('profile.overLayers'), disabled: !columns.hasBlockTimes }
          ]}
        />
        <Exports columns={columns} />
      </div>
      <KeyFigures columns={columns} summary={summary} phase={phase} />
      {positions.length === 0 ? (
        <EmptyState icon={Activity} title={t('profile.emptyPhase')} />
      ) : (
        <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">
          {!columns.hasBlockTimes && <NoBlockTimes />}
          <div className="min-h-56 flex-1 px-2 pt-2">
            <StackedChart
              label={t(view === 'tokens' ? 'profile.chartTokens' : 'profile.chartLayers')}
              data={view === 'tokens' ? tokenBars : layerBars}
              series={series}
              unit="ms"
              format={formatMilliseconds}
              xTitle={view === 'tokens' ? titles.token : titles.layer}
              onPick={view === 'tokens' ? picks.token : picks.layer}
            />
          </div>
          {view === 'tokens' ? (
            <Blocks columns={columns} summary={summary} phase={phase} />
          ) : (
            <div className="flex min-h-56 flex-1 px-1">
              <LayersTable
                bars={layerBars}
                selected={layer === undefined ? -1 : layer < 0 ? columns.layerCount : layer}
                onSelect={picks.layer}
              />
            </div>
          )}
        </div>
      )}
    </div>
  )
}

const NoBlockTimes = () => {
  const t = useTranslate()
  const timings = useStore((state) => state.capture.timings)
  const changeCapture = useStore((state) => state.changeCapture)
  return (
    <div role="note" className="mx-3 mt-2 flex items-center gap-3 rounded-md bg-warn-soft px-3 py-1.5 text-sm text-warn">
      <span className="flex-1">{t('profile.noBlockTimes')}</span>
      {!timings && (
        <Button size="small" onClick={() => changeCapture({ timings: true })}>
          {t('profile.turnOnBlockTimes')}
        </Button>
      )}
    </div>
  )
}

const Figure = ({ name, children }: { readonly name: string; readonly children: ReactNode }) => (
  <div>
    <dt className="label">{name}</dt>
    <dd className="num m-0 text-lg">{children}</dd>
  </div>
)

const KeyFigures = ({
  columns,
  summary,
  phase
}: {
  readonly columns: RunColumns
  readonly summary: ProfileSummary
  readonly phase: Phase
}) => {
  const t = useTranslate()
  const { step } = summary
  const time = (value: number) => (Number.isFinite(value) ? formatMilliseconds(value) : '–')
  const first = columns.detail.row.summary.timeToFirstTokenMilliseconds
  const accounted = (step.mean - summary.unaccounted) / step.mean
  return (
    <dl className="m-0 flex shrink-0 flex-wrap gap-x-8 gap-y-1 border-b border-line px-4 py-2">
      <Figure name={t('profile.stepMedian')}>{time(step.p50)}</Figure>
      <Figure name={t('profile.stepP95')}>{time(step.p95)}</Figure>
      <Figure name={t('profile.stepP99')}>{time(step.p99)}</Figure>
      <Figure name={t('profile.tokensPerSecond')}>{step.p50 > 0 ? (1000 / step.p50).toFixed(1) : '–'}</Figure>
      <Figure name={t('profile.steps')}>{step.count}</Figure>
      {phase === 'generated' && first !== undefined && <Figure name={t('profile.timeToFirst')}>{time(first)}</Figure>}
      {Number.isFinite(accounted) && <Figure name={t('profile.accounted')}>{`${(accounted * 100).toFixed(1)} %`}</Figure>}
    </dl>
  )
}

const Blocks = ({ columns, summary, phase }: { readonly columns: RunColumns; readonly summary: ProfileSummary; readonly phase: Phase }) => {
  const t = useTranslate()
  const { model } = columns.detail
  const weights = useModelBytes(model)
  const [bandwidth, setBandwidth] = useState<{ readonly bytesPerSecond: number; readonly how: string }>()
  const [measuring, setMeasuring] = useState(false)
  const middle = summary.positions[Math.floor(summary.positions.length / 2)] ?? 0
  const bytes =
    weights === undefined || phase === 'prompt' || model.config === undefined
      ? undefined
      : { ...weights, attention: weights.attention + kvBytes({ ...model.config, kvType: model.options.kvType }, middle) }
  const measure = async (): Promise<void> => {
    setMeasuring(true)
    const found = valueOrReport(await call('profile.bandwidth', {}))
    setMeasuring(false)
    if (found !== undefined) setBandwidth(found)
  }
  const device = /hip|cuda/.test(model.backend)
  return (
    <div className="shrink-0 px-3 pb-3">
      <BlockTable summary={summary} bytes={bytes} bandwidth={bandwidth?.bytesPerSecond} />
      <div className="mt-2 flex items-start gap-3 text-xs text-muted">
        <p className="m-0 min-w-0 flex-1">
          {bandwidth === undefined
            ? t('profile.bandwidthUnknown')
            : t('profile.bandwidth', { value: (bandwidth.bytesPerSecond / 1e9).toFixed(1), how: bandwidth.how })}{' '}
          {t('profile.bytesNote', { clock: t(device ? 'profile.clockDevice' : 'profile.clockHost') })}
        </p>
        <Button size="small" icon={Gauge} disabled={measuring} onClick={() => void measure()}>
          {t(measuring ? 'profile.measuring' : 'profile.measureBandwidth')}
        </Button>
      </div>
    </div>
  )
}

const Exports = ({ columns }: { readonly columns: RunColumns }) => {
  const t = useTranslate()
  const everyPosition = (): readonly number[] => [...measuredPositions(columns, 'prompt'), ...measuredPositions(columns, 'generated')]
  const { row, model } = columns.detail
  const fileName = (row.name === '' ? row.id : row.name).replace(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 60)
  const exportTrace = (): void => {
    const { vocabulary } = useStore.getState()
    const file = traceFile(columns, everyPosition(), {
      runName: row.name,
      engine: `GRETA · ${model.backend} · ${model.device}`,
      tokenText: (position) => vocabulary?.text(columns.ids.values[position] ?? -1) ?? ''
    })
    saveFile(`${fileName}.trace.json`, JSON.stringify(file), 'application/json')
  }
  const exportCsv = (): void =>
    saveFile(
      `${fileName}.csv`,
      csvOf(columns, everyPosition(), (position, block) => blockTotal(columns, position, block)),
      'text/csv'
    )
  return (
    <div className="ml-auto flex items-center gap-1.5">
      <Tooltip text={t('profile.exportTraceHelp')}>
        <Button size="small" icon={Download} onClick={exportTrace}>
          {t('profile.exportTrace')}
        </Button>
      </Tooltip>
      <Button size="small" icon={Download} onClick={exportCsv}>
        {t('profile.exportCsv')}
      </Button>
    </div>
  )
}
