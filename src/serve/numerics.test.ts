import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { SOCKET_PATH, socketProtocols } from '../shared/page-door'
import {
  type Client,
  createClient,
  createWebSocketTransport,
  DEFAULT_SETTINGS,
  type DriftStepData,
  type EventData,
  HELLO,
  type MethodName,
  type Params
} from '../shared/protocol'
import { type Served, startServe } from './serve'

/** The numeric tools as a page uses them: real host process, real engine, bundled model; needs `npm run build`. */
const appRoot = join(import.meta.dirname, '../..')
const built = existsSync(join(appRoot, 'out/main/host.js')) && existsSync(join(appRoot, 'native/build/greta.node'))
const SEQUENCE = { kind: 'text', text: 'Once upon a time there was a little robot.' } as const

describe.skipIf(!built)('numeric tools over the protocol', () => {
  const folder = mkdtempSync(join(tmpdir(), 'greta-numerics-'))
  let served: Served
  let client: Client
  let socket: WebSocket
  beforeAll(async () => {
    served = await startServe({ appRoot, appVersion: 'test', port: 0, dataFolder: folder })
    const token = served.url.split('token=')[1] as string
    socket = new WebSocket(`ws://127.0.0.1:${served.port}${SOCKET_PATH}`, socketProtocols(token))
    client = createClient(createWebSocketTransport(socket as never))
    await ask('app.hello', HELLO)
    const path = join(appRoot, 'resources/models/greta-stories-22m.Q4_K_M.gguf')
    for (;;) {
      const loaded = await client.call('model.load', { path, options: { context: 128 } })
      if (loaded.ok) return
      if (loaded.error.code !== 'busy') throw new Error(loaded.error.message)
      await client.call('engine.info', {}) // another load is under way: ask until it is over
    }
  })
  afterAll(async () => {
    socket.close()
    await served.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function ask<M extends MethodName>(method: M, params: Params<M>) {
    const answer = await client.call(method, params)
    if (!answer.ok) throw new Error(`${method}: ${answer.error.message}`)
    return answer.value
  }

  test('parity, equivalence and health answer with the reports of the command line', async () => {
    const parity = await ask('numerics.parity', { reference: {}, test: {}, sequence: SEQUENCE, localPositions: 4 })
    expect(parity).toMatchObject({ verdict: 'ok', failures: [], localPositions: 4 })
    expect(parity.points).toHaveLength(8 * 13 + 2)
    const equivalence = await ask('numerics.equivalence', { test: {}, sequence: SEQUENCE })
    expect(equivalence.verdict).toBe('equal')
    const noise = await ask('numerics.noise', { test: {}, sequence: SEQUENCE })
    expect(noise).toMatchObject({ verdict: 'bit-identical' })
    expect(noise.repeats).toHaveLength(6)
    const health = await ask('numerics.health', { test: {}, sequences: [SEQUENCE] })
    expect(health.verdict).toBe('clean')
  })

  test('a planted NaN is found, named, and exported as a repro whose check fails', async () => {
    const fault = { kind: 'nan-at-point', layer: 2, point: 'ffn_gate', position: 3, index: 5, count: 0, factor: 1 } as const
    const report = await ask('numerics.divergence', { reference: {}, test: {}, sequence: SEQUENCE, fault })
    expect(report.first).toMatchObject({ layer: 2, point: 'ffn_gate', firstPosition: 3, worstElement: 5 })
    expect(report.first?.found).toBeNaN()
    expect(report.first?.localNmse).toBe(Infinity)
    const { folder: repro } = await ask('numerics.repro', {
      reference: {},
      test: {},
      sequence: SEQUENCE,
      layer: 2,
      point: 'ffn_gate',
      position: 3,
      fault
    })
    expect(spawnSync(process.execPath, [join(repro, 'check.mjs')], { encoding: 'utf8' }).stdout).toMatch(/REPRO=DIFFERS/)
  })

  test('an unusable side is one sentence, and cancelling ends a job', async () => {
    const wrong = await client.call('numerics.parity', { reference: { backend: 'nonsense' }, test: {}, sequence: SEQUENCE })
    expect(wrong).toMatchObject({ ok: false, error: { message: expect.stringMatching(/nonsense/) } })
    const first = new Promise<void>((resolve) => void client.on('numerics.progress', () => resolve()))
    const job = client.call('numerics.faultLab', { reference: {}, test: {}, sequence: SEQUENCE })
    await first
    expect(await client.call('numerics.health', { test: {}, sequences: [SEQUENCE] })).toMatchObject({ ok: false, error: { code: 'busy' } })
    await ask('numerics.cancel', {})
    expect(await job).toMatchObject({ ok: false, error: { code: 'cancelled' } })
  })

  test('the reference follows a generation, and the lens ends in the logits', async () => {
    await ask('drift.follow', { reference: {} })
    const steps: DriftStepData[] = []
    client.on('drift.steps', (data) => steps.push(...data.steps))
    const ended = new Promise((resolve) => void client.on('drift.ended', resolve))
    const { sampling, stopping, capture } = DEFAULT_SETTINGS.generation
    const run = await ask('generate.start', {
      prompt: { kind: 'raw', text: 'Once upon a time', addSpecial: true, parseSpecial: false },
      sampling: { ...sampling, temperature: 0 },
      stopping: { ...stopping, maxTokens: 8, ignoreEos: true },
      capture
    })
    expect(await ended).toEqual({ handle: run.handle })
    await ask('drift.stop', {})
    // Every generated token came from a row; the reference saw each of those rows.
    expect(steps.length).toBeGreaterThanOrEqual(7)
    expect(steps.every((step) => step.layerErrors.length === 8 && !step.flip)).toBe(true)
    expect(Math.max(...steps.flatMap((step) => step.layerErrors))).toBeLessThan(1e-3)
    // It was followed, so it kept sketches: now it follows another generation of the same tokens, which goes on two longer.
    expect(await ask('drift.follow', { runId: run.row.id })).toMatchObject({ layers: true, reference: expect.stringMatching(/recorded/) })
    steps.length = 0
    const again = new Promise((resolve) => void client.on('drift.ended', resolve))
    const longer = await ask('generate.regenerate', {
      runId: run.row.id,
      sampling: { ...sampling, temperature: 0 },
      stopping: { ...stopping, maxTokens: 10, ignoreEos: true },
      capture
    })
    const firstUnknown = run.promptIds.length - 1 + 8
    expect(await again).toEqual({ handle: longer.handle, unmatchedFrom: firstUnknown })
    expect(steps.map((step) => step.position)).toEqual(Array.from({ length: 8 }, (_, index) => firstUnknown - 8 + index))
    expect(steps.every((step) => step.layerErrors.every((error) => error === 0) && step.klDivergence === 0)).toBe(true)
    // Another prompt is refused in one sentence, and the generation goes on.
    const refused = new Promise<EventData<'drift.ended'>>((resolve) => void client.on('drift.ended', resolve))
    const finished = new Promise<void>((resolve) => void client.on('run.finished', () => resolve()))
    await ask('generate.start', {
      prompt: { kind: 'raw', text: 'Twice', addSpecial: true, parseSpecial: false },
      sampling,
      stopping: { ...stopping, maxTokens: 2 },
      capture
    })
    expect((await refused).error?.message).toMatch(/began with another prompt, which differs at token 1/)
    await finished
    await ask('drift.stop', {})
    const lens = await ask('numerics.lens', { runId: run.row.id, position: 6, candidates: 3 })
    expect(lens.lastEqualsLogits).toBe(true)
    expect(lens.layers).toHaveLength(8)
  })
})
