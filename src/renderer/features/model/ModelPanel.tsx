import { Boxes, CircleAlert, Play } from 'lucide-react'
import { type DragEvent, useEffect, useState } from 'react'
import type { LoadedModel, ModelInspection } from '../../../shared/protocol'
import { formatBytes, formatMilliseconds } from '../../../shared/units'
import { cancelSending } from '../../actions/files'
import { loadModel } from '../../actions/models'
import { call } from '../../bridge'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { Badge } from '../../ui/Badge'
import { Button } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { Progress } from '../../ui/Progress'
import { Tabs } from '../../ui/Tabs'
import { Library } from './Library'
import { LoadTab } from './LoadTab'
import { inspectModel, MODEL_TABS, type ModelTab, useModelState } from './model-state'
import { Overview } from './Overview'
import { openDropped } from './open-files'
import { MetadataTab, TensorsTab } from './TensorsTab'
import { TemplateTab, TokenizerTab } from './TokenizerTab'
import { formatCount } from './tensor-list'

const TAB_TITLES = {
  overview: 'model.tabOverview',
  load: 'model.tabLoad',
  tensors: 'model.tabTensors',
  metadata: 'model.tabMetadata',
  tokenizer: 'model.tabTokenizer',
  template: 'model.tabTemplate'
} as const
const TAB_CONTENT: Readonly<Record<ModelTab, typeof Overview>> = {
  overview: Overview,
  load: LoadTab,
  tensors: TensorsTab,
  metadata: MetadataTab,
  tokenizer: TokenizerTab,
  template: TemplateTab
}

/** What is in a model file, what it would cost to load, and loading it. */
export const ModelPanel = () => {
  const t = useTranslate()
  const [dragging, setDragging] = useState(false)
  const path = useModelState((state) => state.path)
  const loadedPath = useStore((state) => state.model?.path)
  const listsTensors = useModelState((state) => state.inspection !== undefined && state.tab === 'tensors')
  const setInspectorIdle = useStore((state) => state.setInspectorIdle)
  // Only tensors are inspected: everything else has the room.
  useEffect(() => {
    setInspectorIdle(!listsTensors)
    return () => setInspectorIdle(false)
  }, [listsTensors, setInspectorIdle])
  // The loaded model is what people expect to see first.
  useEffect(() => {
    if (path === undefined && loadedPath !== undefined) void inspectModel(loadedPath)
  }, [path, loadedPath])
  const onDrop = (event: DragEvent): void => {
    event.preventDefault()
    setDragging(false)
    const [file] = event.dataTransfer.files
    if (file !== undefined) void openDropped(file)
  }
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- a place to drop on; the same is done by buttons inside
    <div
      className="relative flex min-h-0 flex-1 max-[64rem]:flex-col"
      onDragOver={(event) => {
        event.preventDefault()
        setDragging(true)
      }}
      onDragLeave={(event) => {
        if (event.currentTarget === event.target) setDragging(false)
      }}
      onDrop={onDrop}
    >
      <Library />
      <div className="flex min-w-0 flex-1 flex-col">
        <LoadingBar />
        <Content />
      </div>
      {dragging && (
        <div className="pointer-events-none absolute inset-2 grid place-items-center rounded-xl border-2 border-dashed border-accent bg-accent-soft/80 text-lg font-medium text-accent-strong">
          {t('model.dropNow')}
        </div>
      )}
    </div>
  )
}

const PHASES = {
  reading: 'model.phaseReading',
  planning: 'model.phasePlanning',
  loading: 'model.phaseLoading',
  ready: 'model.phaseReady'
} as const

const LoadingBar = () => {
  const t = useTranslate()
  const loading = useStore((state) => state.loading)
  const sending = useStore((state) => state.sending)
  if (sending !== undefined)
    return <WorkBar text={t('model.sending', { name: sending.name })} fraction={sending.fraction} onCancel={cancelSending} />
  if (loading === undefined) return null
  return (
    <WorkBar
      text={t('model.loading', { phase: t(PHASES[loading.phase]) })}
      fraction={loading.fraction}
      onCancel={() => void call('model.cancelLoad', {})}
    />
  )
}

interface WorkBarProps {
  readonly text: string
  readonly fraction: number
  readonly onCancel: () => void
}

const WorkBar = ({ text, fraction, onCancel }: WorkBarProps) => {
  const t = useTranslate()
  return (
    <div className="flex shrink-0 items-center gap-3 border-b border-line bg-accent-soft px-4 py-2 text-sm">
      <span role="status" className="min-w-0 truncate">
        {text}
      </span>
      <Progress label={text} value={fraction} />
      <span className="num w-12 shrink-0 text-right">{Math.round(fraction * 100)} %</span>
      <Button size="small" onClick={onCancel}>
        {t('model.cancel')}
      </Button>
    </div>
  )
}

const Content = () => {
  const t = useTranslate()
  const { path, inspection, inspecting, error } = useModelState()
  if (error !== undefined) {
    return (
      <EmptyState icon={CircleAlert} title={t('model.failedTitle')}>
        <p role="alert" className="m-0 break-words text-text">
          {error.message}
        </p>
        {error.hint !== undefined && <p className="mt-1 mb-0">{error.hint}</p>}
        {path !== undefined && !error.message.includes(path) && <p className="num mt-2 mb-0 text-xs break-all text-faint">{path}</p>}
      </EmptyState>
    )
  }
  if (inspection === undefined) {
    if (inspecting && path !== undefined) return <EmptyState icon={Boxes} title={t('model.inspecting', { path })} />
    return <Nothing />
  }
  return <Inspected inspection={inspection} />
}

const Nothing = () => {
  const t = useTranslate()
  const bundled = useStore((state) => state.engineInfo?.bundledModel)
  return (
    <EmptyState
      icon={Boxes}
      title={t('model.emptyTitle')}
      actions={
        bundled !== undefined && (
          <Button variant="primary" onClick={() => void inspectModel(bundled)}>
            {t('model.openBundled')}
          </Button>
        )
      }
    >
      {t('model.emptyText')}
    </EmptyState>
  )
}

const fileNameOf = (path: string): string => path.split(/[\\/]/).filter(Boolean).pop() ?? path

const Inspected = ({ inspection }: { readonly inspection: ModelInspection }) => {
  const t = useTranslate()
  const tab = useModelState((state) => state.tab)
  const change = useModelState((state) => state.change)
  const loaded = useStore((state) => (state.model?.path === inspection.path ? state.model : undefined))
  const busy = useStore((state) => state.loading !== undefined || state.live !== undefined)
  const { config, notRunnable } = inspection
  const name = config?.name === undefined || config.name === '' ? fileNameOf(inspection.path) : config.name
  return (
    <>
      <header className="flex shrink-0 items-center gap-3 px-4 pt-3 pb-2">
        <div className="min-w-0 flex-1">
          <h2 className="truncate text-xl font-semibold">{name}</h2>
          <p className="m-0 flex flex-wrap items-center gap-x-3 text-sm text-muted">
            {config !== undefined && <span>{config.architecture}</span>}
            {config !== undefined && <span className="num">{formatCount(config.parameterCount)}</span>}
            <span className="num">{formatBytes(inspection.totalBytes)}</span>
            <span className="num truncate">{fileNameOf(inspection.path)}</span>
            {loaded !== undefined && <Badge tone="ok">{t('model.loadedBadge')}</Badge>}
          </p>
        </div>
        {loaded !== undefined && (
          <Button disabled={busy} onClick={() => void call('model.unload', {})}>
            {t('model.unload')}
          </Button>
        )}
        {loaded === undefined && notRunnable === undefined && (
          <Button
            variant="primary"
            icon={Play}
            disabled={busy}
            onClick={() => void loadModel(inspection.path, useModelState.getState().options)}
          >
            {t('model.load')}
          </Button>
        )}
      </header>
      {notRunnable !== undefined && (
        <p role="note" className="mx-4 my-1 rounded-md bg-warn-soft px-3 py-1.5 text-sm text-warn">
          {t('model.notRunnable', { reason: notRunnable })}
        </p>
      )}
      {loaded !== undefined && <LoadedLine model={loaded} />}
      <Tabs
        label={t('model.tabs')}
        value={tab}
        onChange={(next) => change({ tab: next })}
        items={MODEL_TABS.filter((value) => value !== 'load' || notRunnable === undefined).map((value) => {
          const TabContent = TAB_CONTENT[value]
          return { value, label: t(TAB_TITLES[value]), content: <TabContent inspection={inspection} /> }
        })}
      />
    </>
  )
}

const LoadedLine = ({ model }: { readonly model: LoadedModel }) => {
  const t = useTranslate()
  return (
    <p className="mx-4 mt-0 mb-1 text-sm text-muted">
      {t('model.loadedAs', {
        backend: `${model.backend} (${model.device})`,
        time: formatMilliseconds(model.loadMilliseconds),
        context: String(model.options.context),
        kv: model.options.kvType,
        precision: model.options.precision
      })}
    </p>
  )
}
