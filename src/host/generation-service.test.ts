import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundledModel, repository } from '../engine/session/test-support/models'
import type { Result } from '../shared/result'
import { DEFAULT_SETTINGS, encodeRequest, type LoadOptions, type MethodName, parseReply } from '../shared/protocol'
import { realEngine } from './engine-door'
import { EngineHost } from './engine-host'

const data = mkdtempSync(join(tmpdir(), 'greta-generation-'))
afterAll(() => rmSync(data, { recursive: true, force: true }))

/** A page in memory: asks, and waits for answers and events. */
class Page {
  private readonly answers = new Map<number, (result: Result<unknown>) => void>()
  private readonly waiting = new Map<string, ((data: unknown) => void)[]>()
  private next = 1
  private readonly connection: ReturnType<EngineHost['connect']>

  constructor(host: EngineHost) {
    this.connection = host.connect((message) => {
      if (typeof message !== 'string') return
      const reply = parseReply(message)
      if (!reply.ok) throw new Error(reply.error.message)
      if (reply.value.kind === 'response') this.answers.get(reply.value.id)?.(reply.value.result as Result<unknown>)
      else for (const resolve of this.waiting.get(reply.value.event)?.splice(0) ?? []) resolve(reply.value.data)
    })
  }

  ask<T>(method: MethodName, params: unknown = {}): Promise<Result<T>> {
    const id = this.next++
    return new Promise((resolve) => {
      this.answers.set(id, resolve as (result: Result<unknown>) => void)
      this.connection.receive(encodeRequest(id, method, params))
    })
  }

  event(name: string): Promise<unknown> {
    return new Promise((resolve) => this.waiting.set(name, [...(this.waiting.get(name) ?? []), resolve]))
  }
}

interface Runs {
  readonly rows: readonly { readonly id: string; readonly state: string }[]
}

describe('generations that are refused', () => {
  let host: EngineHost
  let page: Page
  const load = (options: LoadOptions) => page.ask('model.load', { path: bundledModel, options })
  const stopping = { maxTokens: 40, stopStrings: [], ignoreEos: true }
  const settings = { ...DEFAULT_SETTINGS.generation, stopping }
  const start = () =>
    page.ask<{ readonly row: { readonly id: string } }>('generate.start', {
      prompt: { kind: 'raw', text: 'Once upon a time', addSpecial: true, parseSpecial: false },
      ...settings
    })
  const runs = async (): Promise<Runs['rows']> => {
    const listed = await page.ask<Runs>('runs.list')
    if (!listed.ok) throw new Error(listed.error.message)
    return listed.value.rows
  }

  beforeAll(async () => {
    host = await EngineHost.create({
      configuration: {
        appVersion: 'test',
        appRoot: repository,
        resourcesFolder: join(repository, 'resources'),
        dataFolder: data,
        openSomething: false,
        pageHasLocalPaths: true
      },
      engine: realEngine(repository, 'test'),
      onActivity: () => undefined,
      onRemember: () => undefined,
      log: () => undefined
    })
    page = new Page(host)
  })
  afterAll(() => host.close())

  it('of three that come at once one is made, and the library knows of no other', async () => {
    expect((await load({})).ok).toBe(true)
    const finished = page.event('run.finished')
    const answers = await Promise.all([start(), start(), start()])
    expect(answers.map((answer) => (answer.ok ? 'ok' : answer.error.code))).toEqual(['ok', 'busy', 'busy'])
    await finished
    expect((await runs()).map(({ state }) => state)).toEqual(['length'])
  })

  it('a run that cannot go on stays what it was', async () => {
    // Its frames are read from the bundle, which is there then.
    await page.ask('runs.frames', { id: (await runs())[0]?.id })
    const [before] = await runs()
    expect((await load({ context: 16 })).ok).toBe(true)
    const answer = await page.ask('generate.continue', { runId: before?.id, ...settings })
    expect(answer).toMatchObject({ ok: false, error: { code: 'out-of-range' } })
    expect(await runs()).toEqual([before])
    expect(readdirSync(join(data, 'runs')).filter((name) => name.endsWith('.journal'))).toEqual([])
    // And nothing is in the way of the next one.
    const finished = page.event('run.finished')
    expect((await start()).ok).toBe(true)
    await finished
    expect((await page.ask('runs.delete', { ids: (await runs()).map(({ id }) => id) })).ok).toBe(true)
    expect(await runs()).toEqual([])
  })
})
