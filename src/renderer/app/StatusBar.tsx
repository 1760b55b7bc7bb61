import { type LucideIcon, PanelBottom, PanelRight, TriangleAlert, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { rateFigure } from '../../shared/figures'
import { formatMilliseconds } from '../../shared/units'
import { cancelSending } from '../actions/files'
import { call } from '../bridge'
import { useTranslate } from '../i18n'
import { useStore } from '../store'
import { useRunColumns, useShownRun } from '../store/use-run'
import { Badge } from '../ui/Badge'
import { cx } from '../ui/classes'
import { Tooltip } from '../ui/Tooltip'
import { Progress } from '../ui/Progress'
import { goToFirstAlert } from './alerts'
import { locationName } from './location'
import { runFigures } from './run-figures'
import { viewById } from './views'

const Item = ({ children, className, testId }: { readonly children: ReactNode; readonly className?: string; readonly testId?: string }) => (
  <span data-testid={testId} className={cx('whitespace-nowrap', className)}>
    {children}
  </span>
)

const EngineItem = () => {
  const t = useTranslate()
  const connection = useStore((state) => state.connection)
  const engine = useStore((state) => state.engine?.state)
  const location = useStore((state) => state.engine?.location)
  const [tone, text] =
    connection !== 'open'
      ? (['bg-danger', connection === 'connecting' ? t('app.connecting') : t('app.disconnected')] as const)
      : engine === 'ready'
        ? (['bg-ok', locationName(t, location ?? '')] as const)
        : engine === 'starting' || engine === 'restarting'
          ? (['bg-warn', t('app.engineStarting')] as const)
          : (['bg-danger', t('app.engineDown')] as const)
  return (
    <span className="flex items-center gap-1.5 whitespace-nowrap">
      <span aria-hidden className={cx('size-2 rounded-full', tone)} />
      <span className="max-w-40 truncate">{text}</span>
    </span>
  )
}

interface WorkItemProps {
  readonly text: string
  readonly fraction: number
  readonly cancelLabel: string
  readonly onCancel: () => void
}

/** Something under way that can be cancelled. */
const WorkItem = ({ text, fraction, cancelLabel, onCancel }: WorkItemProps) => (
  <span className="flex items-center gap-2 whitespace-nowrap">
    <span className="max-w-96 truncate" title={text}>
      {text}
    </span>
    <span className="w-24">
      <Progress label={text} value={fraction} />
    </span>
    <button type="button" aria-label={cancelLabel} onClick={onCancel} className="rounded hover:text-danger">
      <X aria-hidden size={12} />
    </button>
  </span>
)

const ModelItem = () => {
  const t = useTranslate()
  const model = useStore((state) => state.model)
  const loading = useStore((state) => state.loading)
  const sending = useStore((state) => state.sending)
  const showView = useStore((state) => state.showView)
  const percent = (fraction: number): string => String(Math.round(fraction * 100))
  if (sending !== undefined)
    return (
      <WorkItem
        text={t('app.sendingFile', { name: sending.name, percent: percent(sending.fraction) })}
        fraction={sending.fraction}
        cancelLabel={t('app.cancelSending')}
        onCancel={cancelSending}
      />
    )
  if (loading !== undefined)
    return (
      <WorkItem
        text={t('app.loadingModel', { name: loading.path.split(/[\\/]/).at(-1) ?? loading.path, percent: percent(loading.fraction) })}
        fraction={loading.fraction}
        cancelLabel={t('app.cancelLoad')}
        onCancel={() => void call('model.cancelLoad', {})}
      />
    )
  return (
    <button
      type="button"
      onClick={() => showView('model')}
      className="flex items-center gap-1.5 rounded whitespace-nowrap hover:text-text"
      data-testid="status-model"
    >
      {model === undefined ? (
        <span className="text-faint">{t('app.noModel')}</span>
      ) : (
        <>
          <span className="max-w-56 truncate font-medium text-text">{model.config.name === '' ? model.fileName : model.config.name}</span>
          <span>{model.quantLabel}</span>
        </>
      )}
    </button>
  )
}

const CaptureItem = () => {
  const t = useTranslate()
  const level = useStore((state) => state.capture.level)
  const changeCapture = useStore((state) => state.changeCapture)
  const names = { off: t('play.captureOff'), logits: t('play.captureLogits'), stats: t('play.captureStats') }
  const next = { off: 'logits', logits: 'stats', stats: 'off' } as const
  return (
    <button
      type="button"
      title={t('app.changeCapture')}
      onClick={() => changeCapture({ level: next[level] })}
      className="rounded whitespace-nowrap hover:text-text"
    >
      {t('app.captureIs', { level: names[level] })}
    </button>
  )
}

const RunItems = () => {
  const t = useTranslate()
  const columns = useRunColumns('chart')
  const run = useShownRun()
  const live = useStore((state) => (state.live !== undefined && state.live.runId === state.cursor.run ? state.live : undefined))
  const context = useStore((state) => state.model?.options.context)
  if (columns === undefined || run === undefined) return <Badge>{t('app.idle')}</Badge>
  const figures = runFigures(columns, live, run.summary)
  const alerts = columns.statistics?.alerts.list().length ?? 0
  const contextShown = live === undefined ? columns.detail.model.options.context : (context ?? 0)
  return (
    <>
      <Item className="num" testId="status-position">
        {t('app.positionOf', { position: String(columns.tokenCount), context: String(contextShown) })}
      </Item>
      {figures.firstTokenMilliseconds !== undefined && (
        <Item className="num" testId="status-ttft">
          {t('app.firstToken', { time: formatMilliseconds(figures.firstTokenMilliseconds) })}
        </Item>
      )}
      {figures.tokensPerSecond !== undefined && (
        <Item className="num font-medium text-text" testId="status-rate">
          {t('app.tokensPerSecond', { rate: rateFigure(figures.tokensPerSecond) })}
        </Item>
      )}
      {columns.lostFrames > 0 && <Badge tone="warn">{t('app.framesLost', { count: columns.lostFrames })}</Badge>}
      {columns.statistics === undefined ? null : alerts === 0 ? (
        <Item className="text-faint">{t('app.noAlerts')}</Item>
      ) : (
        <button type="button" onClick={goToFirstAlert} className="rounded" data-testid="status-alerts">
          <Badge tone="danger">
            <TriangleAlert aria-hidden size={11} />
            {t('app.alerts', { count: alerts })}
          </Badge>
        </button>
      )}
      <span data-testid="status-source">
        {live === undefined ? (
          columns.recorded ? (
            <Badge tone="warn">{t('app.recorded')}</Badge>
          ) : (
            <Badge>{t('app.idle')}</Badge>
          )
        ) : (
          <Badge tone="accent">
            <span aria-hidden className="size-1.5 animate-pulse rounded-full bg-current" />
            {t('app.live')}
          </Badge>
        )}
      </span>
    </>
  )
}

interface ToggleProps {
  readonly icon: LucideIcon
  readonly panel: string
  readonly text: string
  readonly keys: string
  readonly open: boolean
  readonly onChange: (open: boolean) => void
}

const PanelToggle = ({ icon: Icon, panel, text, keys, open, onChange }: ToggleProps) => (
  <Tooltip text={text} keys={keys} side="top">
    <button
      type="button"
      aria-label={panel}
      aria-pressed={open}
      onClick={() => onChange(!open)}
      className="grid size-6 place-items-center rounded hover:bg-hover hover:text-text aria-pressed:text-accent"
    >
      <Icon aria-hidden size={14} />
    </button>
  </Tooltip>
)

/** Opens and closes the panels around the view, where it has them. */
const PanelToggles = () => {
  const t = useTranslate()
  const view = viewById(useStore((state) => state.view))
  const inspectorOpen = useStore((state) => state.inspectorOpen)
  const inspectorIdle = useStore((state) => state.inspectorIdle)
  const dockOpen = useStore((state) => state.dockOpen)
  const setInspectorOpen = useStore((state) => state.setInspectorOpen)
  const setDockOpen = useStore((state) => state.setDockOpen)
  const dock = { panel: t('app.dock'), text: t('app.toggleDock'), keys: 'Mod+J', open: dockOpen, onChange: setDockOpen }
  const inspector = {
    panel: t('app.inspector'),
    text: t('app.toggleInspector'),
    keys: 'Mod+B',
    open: inspectorOpen,
    onChange: setInspectorOpen
  }
  return (
    <span className="flex items-center gap-0.5">
      {view.Dock !== undefined && <PanelToggle icon={PanelBottom} {...dock} />}
      {view.Inspector !== undefined && !inspectorIdle && <PanelToggle icon={PanelRight} {...inspector} />}
    </span>
  )
}

/** Always in sight: what runs, where, how fast, and whether it is live or recorded. */
export const StatusBar = () => {
  const t = useTranslate()
  const backend = useStore((state) => state.model?.backend)
  const device = useStore((state) => state.model?.device)
  return (
    <footer
      aria-label={t('app.status')}
      className="flex h-7 shrink-0 items-center gap-3 border-t border-line bg-bg px-3 text-xs text-muted"
    >
      {/* What has no room is scrolled to; the toggles stay. */}
      <div className="flex min-w-0 flex-1 items-center gap-4 overflow-x-auto overflow-y-hidden">
        <EngineItem />
        <ModelItem />
        {backend !== undefined && (
          <span className="flex shrink-0 gap-1.5 whitespace-nowrap" title={device} data-testid="status-backend">
            <span className="font-medium text-text">{backend}</span>
            <span className="hidden max-w-72 truncate 2xl:inline">{device}</span>
          </span>
        )}
        <span className="ml-auto flex shrink-0 items-center gap-4">
          <CaptureItem />
          <RunItems />
        </span>
      </div>
      <PanelToggles />
    </footer>
  )
}
