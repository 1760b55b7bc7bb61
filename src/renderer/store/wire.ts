import type { EngineStatus, EventData, LoadedModel, TokenFrame } from '../../shared/protocol'
import { type Client, HELLO } from '../../shared/protocol'
import { call, connectBridge } from '../bridge'
import { translateNow } from '../i18n'
import { useStore } from './index'
import { resetDrift, takeDriftEnd, takeDriftSteps } from './drift'
import type { RunColumns } from './run-columns'
import { runRegistry } from './run-registry'
import { adoptHostSettings, followSettings } from './settings-sync'
import { requestTick } from './ticker'
import { Vocabulary } from './vocabulary'

/** What the workbench says, written into the store. The only listener of the protocol's events. */
export function startWire(): void {
  followSettings()
  connectBridge({
    onClient: (client) => void attach(client),
    onLost: (message, retryInMilliseconds) => {
      endLive()
      useStore.getState().setConnection({
        connection: retryInMilliseconds === undefined ? 'closed' : 'connecting',
        connectionMessage: message,
        engine: undefined,
        loading: undefined
      })
    }
  })
}

/** What is done by name, as a menu does it. */
const runCommand = (command: string): void =>
  useStore.setState((state) => ({ menuCommand: { command, count: state.menuCommand.count + 1 } }))

async function attach(client: Client): Promise<void> {
  client.on('engine.status', onEngineStatus)
  client.on('model.progress', (loading) => useStore.getState().setConnection({ loading: loading.phase === 'ready' ? undefined : loading }))
  client.on('model.changed', ({ model }) => void takeModel(model ?? undefined))
  client.on('settings.changed', (hostSettings) => useStore.getState().setConnection({ hostSettings }))
  client.on('run.started', onRunStarted)
  client.on('run.prefill', onPrefill)
  client.on('run.finished', onRunFinished)
  client.on('runs.changed', () => useStore.setState((state) => ({ libraryRevision: state.libraryRevision + 1 })))
  client.on('runs.checkProgress', (checkProgress) => useStore.setState({ checkProgress }))
  client.on('app.refused', (error) =>
    useStore.getState().toast({ tone: 'danger', title: translateNow('app.requestFailed'), detail: error.message })
  )
  client.on('numerics.progress', (numericsProgress) => useStore.getState().setConnection({ numericsProgress }))
  client.on('drift.steps', ({ handle, steps }) => takeDriftSteps(handle, steps))
  client.on('drift.ended', ({ handle, error, unmatchedFrom }) => takeDriftEnd(handle, error, unmatchedFrom))
  client.on('app.open', ({ path }) => useStore.setState({ openRequest: path }))
  client.on('app.command', ({ command }) => runCommand(command))
  client.onFrame('all', onFrame)
  client.onProtocolError((error) =>
    useStore.getState().toast({ tone: 'danger', title: translateNow('app.protocolProblem'), detail: error.message })
  )
  const welcome = await call('app.hello', HELLO)
  if (!welcome.ok) {
    useStore.getState().setConnection({ connection: 'closed', connectionMessage: welcome.error.message })
    return
  }
  runRegistry.forgetHandles()
  const [openRequest] = welcome.value.openPaths
  useStore.setState({
    connection: 'open',
    connectionMessage: undefined,
    welcome: welcome.value,
    engine: welcome.value.engine,
    ...(openRequest === undefined ? {} : { openRequest })
  })
  if (welcome.value.engine.state === 'ready') await syncEngine()
}

/** A new engine host, or a new connection to one: what it is, what it remembers, what it has loaded. */
async function syncEngine(): Promise<void> {
  resetDrift()
  const [info, settings, loaded] = await Promise.all([call('engine.info', {}), call('settings.get', {}), call('model.loaded', {})])
  const { setConnection } = useStore.getState()
  if (info.ok) setConnection({ engineInfo: info.value })
  if (settings.ok) {
    setConnection({ hostSettings: settings.value })
    adoptHostSettings(settings.value)
  }
  if (loaded.ok) await takeModel(loaded.value.model ?? undefined)
}

async function takeModel(model: LoadedModel | undefined): Promise<void> {
  const before = useStore.getState().model
  useStore
    .getState()
    .setConnection({ model, modelKnown: true, loading: undefined, ...(model === undefined ? {} : { loadError: undefined }) })
  if (model === undefined) {
    useStore.getState().setConnection({ vocabulary: undefined })
    return
  }
  if (before?.path === model.path && useStore.getState().vocabulary !== undefined) return
  const answer = await call('tokens.vocabulary', {})
  if (!answer.ok || useStore.getState().model?.path !== model.path) return
  const vocabulary = new Vocabulary(answer.value)
  useStore.getState().setConnection({ vocabulary })
  // So that the first letter typed into the logit filter finds it ready.
  requestIdleCallback(() => vocabulary.searchable(), { timeout: 5000 })
}

function onEngineStatus(status: EngineStatus): void {
  const { engine: before, setConnection, announce } = useStore.getState()
  setConnection({ engine: status })
  if (status.state === 'crashed' || status.state === 'restarting') {
    endLive()
    runRegistry.forgetHandles()
    if (before?.state !== status.state) announce(status.message ?? translateNow('app.engineStopped'))
    setConnection({ crash: status, loading: undefined })
    return
  }
  if (status.state === 'ready' && (before?.state !== 'ready' || before.epoch !== status.epoch)) {
    runRegistry.forgetHandles()
    void syncEngine()
  }
}

/** The engine is gone in the middle of a generation: what was shown stays, and says that it was cut off. */
function endLive(): void {
  const { live, runs, setRun, setSession } = useStore.getState()
  const state = live === undefined ? undefined : runs[live.runId]
  if (live !== undefined && state !== undefined) setRun(live.runId, { detail: state.detail, finished: 'interrupted' })
  setSession({ live: undefined, starting: false })
}

/** Frames that came before the answer which names their run. */
const early = new Map<number, TokenFrame[]>()
const EARLY_FRAMES = 256

export function takeEarlyFrames(columns: RunColumns): void {
  for (const frame of early.get(columns.detail.handle) ?? []) columns.write(frame)
  early.clear()
  requestTick()
}

function onFrame(frame: TokenFrame): void {
  if (runRegistry.write(frame) === undefined) {
    const waiting = early.get(frame.handle) ?? []
    if (waiting.length < EARLY_FRAMES) early.set(frame.handle, [...waiting, frame])
    return
  }
  const { live, setSession } = useStore.getState()
  if (frame.phase === 'generated' && live?.handle === frame.handle && live.firstTokenAt === undefined)
    setSession({ live: { ...live, phase: 'generating', firstTokenAt: performance.now() } })
  requestTick()
}

function onRunStarted(data: EventData<'run.started'>): void {
  const { live, setSession } = useStore.getState()
  if (live?.handle === data.handle) setSession({ live: { ...live, promptDone: data.reusedTokens, promptTotal: data.promptTokens } })
}

function onPrefill(data: EventData<'run.prefill'>): void {
  const { live, setSession } = useStore.getState()
  if (live?.handle === data.handle) setSession({ live: { ...live, promptDone: data.done, promptTotal: data.total } })
}

function onRunFinished(data: EventData<'run.finished'>): void {
  const { live, runs, setRun, setSession, announce, toast } = useStore.getState()
  early.delete(data.handle)
  const columns = runRegistry.get(data.runId)
  if (columns !== undefined) {
    // A stop string is not part of the text: the engine went back to the token before it.
    if (data.reason === 'stop-string') columns.truncate(data.summary.promptTokens + data.summary.generatedTokens)
    columns.setRow({ ...columns.detail.row, state: data.reason, summary: data.summary, textPreview: data.text.slice(0, 200) })
    setRun(data.runId, { detail: columns.detail, finished: data.reason, summary: data.summary })
  } else if (runs[data.runId] === undefined) return
  if (live?.runId === data.runId) {
    setSession({ live: undefined })
    announce(translateNow('app.finishedAnnouncement', { count: data.summary.generatedTokens }))
  }
  if (data.error !== undefined)
    toast({
      tone: 'danger',
      title: translateNow('app.generationFailed'),
      detail: `${data.error.message} ${data.error.hint ?? ''}`.trim(),
      ...((columns?.statistics?.alerts.list().length ?? 0) === 0
        ? {}
        : { action: { label: translateNow('app.firstAlert'), run: () => runCommand('first-alert') } })
    })
  if (data.notKept !== undefined) toast({ tone: 'danger', title: translateNow('app.runNotKept'), detail: data.notKept })
  requestTick()
}
