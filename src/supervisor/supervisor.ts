import type { EngineActivity, EngineStatus, FromHost, HostConfiguration, LoadRequest, Message } from '../shared/protocol'
import { ALIVE_INTERVAL_MILLISECONDS, parseFromHost } from '../shared/protocol/link'
import type { HostProcess } from './host-process'

/** Waits before the restarts after a crash; after the last one the engine stays down until somebody asks. */
export const RESTART_DELAYS_MILLISECONDS = [100, 1000, 4000, 15_000] as const
/** A host that ran this long is healthy again: its next crash starts from the first delay. */
const HEALTHY_AFTER_MILLISECONDS = 60_000
/** A host that said nothing for this long is hung. Generous: a page fault storm while mapping 70B must not count. */
const HUNG_AFTER_MILLISECONDS = 60 * ALIVE_INTERVAL_MILLISECONDS
/** How long an orderly end may take before it is enforced. */
const SHUTDOWN_MILLISECONDS = 3000

export interface SupervisorOptions {
  readonly startHost: () => HostProcess
  readonly configuration: HostConfiguration
  /** Receives problems that are nobody's fault but ours. */
  readonly log: (message: string) => void
}

interface HostRun {
  readonly process: HostProcess
  readonly startedAt: number
  lastHeardAt: number
  fatal: string | undefined
  expectedEnd: boolean
}

/** Starts the engine host, watches it, starts it again when it dies, and carries the messages of pages to and from it. */
export class Supervisor {
  private readonly options: SupervisorOptions
  private run: HostRun | undefined
  private current: EngineStatus
  private activity: EngineActivity | undefined
  private reload: LoadRequest | undefined
  private firstStart = true
  private watch: NodeJS.Timeout | undefined
  private restartTimer: NodeJS.Timeout | undefined
  private readonly statusListeners = new Set<(status: EngineStatus) => void>()
  private readonly pages = new Map<number, (message: Message) => void>()
  private nextPage = 1
  private stopped = false

  constructor(options: SupervisorOptions) {
    this.options = options
    this.current = { state: 'starting', epoch: 0, attempt: 0, location: 'this machine' }
  }

  get status(): EngineStatus {
    return this.current
  }

  onStatus(listener: (status: EngineStatus) => void): () => void {
    this.statusListeners.add(listener)
    return () => this.statusListeners.delete(listener)
  }

  start(): void {
    const process = this.options.startHost()
    const now = Date.now()
    const run: HostRun = { process, startedAt: now, lastHeardAt: now, fatal: undefined, expectedEnd: false }
    this.run = run
    this.activity = undefined
    // While it restarts after a crash the reason stays: a page that comes now wants to know it too.
    const restarting = this.current.attempt > 0
    const { restartInMilliseconds: _, ...incident } = this.current
    this.tell({
      ...(restarting ? incident : this.withoutIncident()),
      state: restarting ? 'restarting' : 'starting',
      epoch: this.current.epoch + 1
    })
    process.onMessage((message) => {
      if (this.run === run) this.receive(run, message)
    })
    process.onExit((code, signal) => {
      if (this.run === run) this.ended(run, code, signal)
    })
    const load = this.reload ?? (this.firstStart ? this.options.configuration.load : undefined)
    const openSomething = this.firstStart && this.options.configuration.openSomething
    this.firstStart = false
    const { load: _load, ...configuration } = this.options.configuration
    process.send({ kind: 'configure', configuration: { ...configuration, openSomething, ...(load === undefined ? {} : { load }) } })
    for (const client of this.pages.keys()) process.send({ kind: 'open', client })
    clearInterval(this.watch)
    this.watch = setInterval(() => this.checkAlive(run), ALIVE_INTERVAL_MILLISECONDS)
    this.watch.unref()
  }

  /** Ends the host and starts another at once; the model comes back. */
  restart(): void {
    clearTimeout(this.restartTimer)
    const run = this.run
    this.run = undefined
    if (run !== undefined) {
      run.expectedEnd = true
      run.process.kill()
    }
    this.tell({ ...this.withoutIncident(), state: 'restarting', attempt: 0, message: 'The engine was restarted on request.' })
    this.start()
  }

  /** Asks the host to end, then makes sure. Resolves when it is gone. */
  stop(): Promise<void> {
    this.stopped = true
    clearTimeout(this.restartTimer)
    clearInterval(this.watch)
    const run = this.run
    if (run === undefined) return Promise.resolve()
    run.expectedEnd = true
    return new Promise((resolve) => {
      const force = setTimeout(() => run.process.kill(), SHUTDOWN_MILLISECONDS)
      run.process.onExit(() => {
        clearTimeout(force)
        resolve()
      })
      run.process.send({ kind: 'shutdown' })
    })
  }

  /** A page that reaches the engine through this process. `deliver` receives what the engine says to it. */
  openPage(deliver: (message: Message) => void): { readonly send: (message: Message) => boolean; readonly close: () => void } {
    const client = this.nextPage++
    this.pages.set(client, deliver)
    this.run?.process.send({ kind: 'open', client })
    return {
      send: (data) => {
        if (this.run === undefined || this.current.state !== 'ready') return false
        this.run.process.send({ kind: 'message', client, data })
        return true
      },
      close: () => {
        this.pages.delete(client)
        this.run?.process.send({ kind: 'close', client })
      }
    }
  }

  private receive(run: HostRun, raw: unknown): void {
    run.lastHeardAt = Date.now()
    const message: FromHost | undefined = parseFromHost(raw)
    if (message === undefined) return this.options.log('The engine host sent a message that is not in the protocol; it was ignored.')
    switch (message.kind) {
      case 'message':
        return this.pages.get(message.client)?.(message.data)
      case 'alive':
        this.activity = message.activity
        return
      case 'loaded':
        this.reload = message.load ?? undefined
        return
      case 'fatal':
        run.fatal = message.message
        return
      case 'ready':
        return this.tell({ ...this.withoutIncident(), state: 'ready', processId: message.processId, attempt: this.current.attempt })
    }
  }

  private checkAlive(run: HostRun): void {
    if (this.run !== run || Date.now() - run.lastHeardAt < HUNG_AFTER_MILLISECONDS) return
    run.fatal = `The engine process did not answer for ${HUNG_AFTER_MILLISECONDS / 1000} s and was ended.`
    run.process.kill()
  }

  private ended(run: HostRun, code: number | null, signal: string | null): void {
    this.run = undefined
    clearInterval(this.watch)
    if (run.expectedEnd || this.stopped) {
      this.tell({ ...this.withoutIncident(), state: 'stopped' })
      return
    }
    const attempt = Date.now() - run.startedAt > HEALTHY_AFTER_MILLISECONDS ? 1 : this.current.attempt + 1
    const delay = RESTART_DELAYS_MILLISECONDS[attempt - 1]
    const activity = this.activity
    // A model whose loading ended the host would end the next one too.
    const gaveUpModel = activity?.kind === 'loading' && this.reload !== undefined
    if (activity?.kind === 'loading') this.reload = undefined
    const incident = {
      message: describeEnd(run.fatal, code, signal, activity, gaveUpModel),
      exitCode: code,
      signal,
      attempt,
      ...(activity === undefined ? {} : { lastActivity: activity })
    }
    if (delay === undefined) {
      const message = `${incident.message} It ended ${attempt} times in a row and is not started again by itself.`
      this.tell({ ...this.withoutIncident(), ...incident, state: 'stopped', message, attempt: 0 })
      return
    }
    this.tell({ ...this.withoutIncident(), ...incident, state: 'crashed', restartInMilliseconds: delay })
    this.restartTimer = setTimeout(() => {
      if (!this.stopped) this.start()
    }, delay)
  }

  private withoutIncident(): Pick<EngineStatus, 'epoch' | 'attempt' | 'location'> {
    const { epoch, attempt, location } = this.current
    return { epoch, attempt, location }
  }

  private tell(status: EngineStatus): void {
    this.current = status
    for (const listener of this.statusListeners) listener(status)
  }
}

/** "The engine process was killed by SIGSEGV while generating run …, at position 41." */
export function describeEnd(
  fatal: string | undefined,
  code: number | null,
  signal: string | null,
  activity: EngineActivity | undefined,
  gaveUpModel: boolean
): string {
  const how =
    fatal ?? (signal !== null ? `The engine process was killed by ${signal}` : `The engine process ended with code ${code ?? '?'}`)
  const sentence = how.replace(/[.\s]+$/, '')
  const doing =
    activity === undefined || activity.kind === 'idle'
      ? ''
      : ` while ${activity.description}${activity.position === undefined ? '' : `, at position ${activity.position}`}`
  return `${sentence}${doing}.${gaveUpModel ? ' The model was not loaded again, because loading it is what ended the engine.' : ''}`
}
