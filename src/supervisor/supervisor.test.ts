import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { EngineStatus, HostConfiguration, ToHost } from '../shared/protocol'
import type { HostProcess } from './host-process'
import { describeEnd, RESTART_DELAYS_MILLISECONDS, Supervisor } from './supervisor'

/** A host process that does what the test says. */
class ScriptedHost implements HostProcess {
  readonly sent: ToHost[] = []
  killed = false
  private message: (message: unknown) => void = () => undefined
  private readonly exits: ((code: number | null, signal: string | null) => void)[] = []

  send(message: ToHost): void {
    this.sent.push(message)
    if (message.kind === 'shutdown') this.exit(0, null)
  }
  onMessage(listener: (message: unknown) => void): void {
    this.message = listener
  }
  onExit(listener: (code: number | null, signal: string | null) => void): void {
    this.exits.push(listener)
  }
  kill(): void {
    this.killed = true
    this.exit(null, 'SIGKILL')
  }
  say(message: object): void {
    this.message(message)
  }
  exit(code: number | null, signal: string | null): void {
    for (const listener of this.exits) listener(code, signal)
  }
}

const configuration: HostConfiguration = {
  appVersion: 'test',
  appRoot: '/app',
  resourcesFolder: '/app/resources',
  dataFolder: '/data',
  openSomething: true,
  pageHasLocalPaths: false
}
const load = { path: '/models/story.gguf', options: {} }

describe('supervisor', () => {
  let hosts: ScriptedHost[]
  let statuses: EngineStatus[]
  let supervisor: Supervisor
  const host = (): ScriptedHost => hosts.at(-1) as ScriptedHost
  const last = (): EngineStatus => statuses.at(-1) as EngineStatus
  const configured = (): HostConfiguration => (host().sent[0] as Extract<ToHost, { kind: 'configure' }>).configuration

  beforeEach(() => {
    vi.useFakeTimers()
    hosts = []
    statuses = []
    supervisor = new Supervisor({
      startHost: () => {
        hosts.push(new ScriptedHost())
        return host()
      },
      configuration,
      log: () => undefined
    })
    supervisor.onStatus((status) => statuses.push(status))
    supervisor.start()
    host().say({ kind: 'ready', processId: 7 })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('a crash is told with its reason, and the next host loads the same model and serves the same pages', () => {
    const received: unknown[] = []
    const page = supervisor.openPage((message) => received.push(message))
    host().say({ kind: 'loaded', load })
    host().say({ kind: 'alive', activity: { kind: 'generating', description: 'generating run r1', position: 41 } })
    host().exit(null, 'SIGSEGV')
    expect(last()).toMatchObject({
      state: 'crashed',
      signal: 'SIGSEGV',
      message: 'The engine process was killed by SIGSEGV while generating run r1, at position 41.',
      restartInMilliseconds: RESTART_DELAYS_MILLISECONDS[0]
    })
    expect(page.send('lost')).toBe(false)
    vi.advanceTimersByTime(RESTART_DELAYS_MILLISECONDS[0])
    expect(hosts).toHaveLength(2)
    expect(last()).toMatchObject({ state: 'restarting', epoch: 2, message: expect.stringContaining('SIGSEGV') })
    expect(configured()).toMatchObject({ load, openSomething: false })
    expect(host().sent[1]).toEqual({ kind: 'open', client: 1 })
    host().say({ kind: 'ready', processId: 8 })
    expect(last()).toMatchObject({ state: 'ready', processId: 8 })
    expect(last().message).toBeUndefined()
    host().say({ kind: 'message', client: 1, data: 'hello' })
    expect(received).toEqual(['hello'])
  })

  test('a model whose loading ends the host is not loaded again', () => {
    host().say({ kind: 'loaded', load })
    host().say({ kind: 'alive', activity: { kind: 'loading', description: 'loading /models/story.gguf' } })
    host().exit(139, null)
    expect(last().message).toContain('not loaded again')
    vi.advanceTimersByTime(RESTART_DELAYS_MILLISECONDS[0])
    expect(configured().load).toBeUndefined()
  })

  test('delays grow, and after the last one it stays down until somebody asks', () => {
    for (const delay of RESTART_DELAYS_MILLISECONDS) {
      host().exit(1, null)
      expect(last()).toMatchObject({ state: 'crashed', restartInMilliseconds: delay })
      vi.advanceTimersByTime(delay)
    }
    host().exit(1, null)
    expect(last()).toMatchObject({ state: 'stopped', message: expect.stringContaining('5 times in a row') })
    vi.advanceTimersByTime(3_600_000)
    expect(hosts).toHaveLength(1 + RESTART_DELAYS_MILLISECONDS.length)
    supervisor.restart()
    expect(hosts).toHaveLength(2 + RESTART_DELAYS_MILLISECONDS.length)
  })

  test('a host that falls silent is ended and replaced; one that speaks is not', () => {
    for (let second = 0; second < 120; second += 1) {
      vi.advanceTimersByTime(1000)
      host().say({ kind: 'alive', activity: { kind: 'idle', description: 'waiting' } })
    }
    expect(host().killed).toBe(false)
    vi.advanceTimersByTime(40_000)
    expect(hosts[0]?.killed).toBe(true)
    expect(statuses.some((status) => status.message?.startsWith('The engine process did not answer for 30 s') === true)).toBe(true)
  })

  test('an orderly end is no crash', async () => {
    await supervisor.stop()
    expect(last()).toMatchObject({ state: 'stopped' })
    expect(last().message).toBeUndefined()
    vi.advanceTimersByTime(60_000)
    expect(hosts).toHaveLength(1)
  })

  test('messages that are not in the protocol are ignored', () => {
    const before = statuses.length
    for (const bad of [undefined, 'ready', { kind: 'ready' }, { kind: 'alive', activity: {} }, { kind: 'message', client: 'x', data: 1 }])
      host().say(bad as object)
    expect(statuses).toHaveLength(before)
  })
})

test('how an end is put into words', () => {
  expect(describeEnd(undefined, 1, null, undefined, false)).toBe('The engine process ended with code 1.')
  expect(describeEnd('The native engine could not be loaded.', 1, null, { kind: 'idle', description: 'waiting' }, false)).toBe(
    'The native engine could not be loaded.'
  )
})
