import { copyFileSync, mkdtempSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GretaError } from '../../shared/errors'
import { TRACE_STATS_WORDS, traceIndex } from '../../shared/model/trace-points'
import { devices, loadSession, planSession } from '.'
import { collect, generate } from './test-support/collect'
import { bundledModel } from './test-support/models'
import type { LoadOptions, Session } from './types'

const scratch = mkdtempSync(join(tmpdir(), 'greta-session-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

async function refusal(work: () => unknown): Promise<GretaError> {
  try {
    await work()
  } catch (thrown) {
    if (thrown instanceof GretaError) return thrown
    throw thrown
  }
  throw new Error('it was accepted')
}

describe('a session from load to close', () => {
  let session: Session
  let prompt: readonly number[]
  beforeAll(async () => {
    session = await loadSession(bundledModel, { threads: 2 })
    prompt = session.tokenizer.encode('Once upon a time')
  })
  afterAll(() => session.close())

  it('reports progress up to ready, in order', async () => {
    const seen: number[] = []
    const stages: string[] = []
    const other = await loadSession(bundledModel, {}, { onProgress: ({ stage, fraction }) => (stages.push(stage), seen.push(fraction)) })
    await other.close()
    expect(stages[0]).toBe('opening')
    expect(stages.at(-1)).toBe('ready')
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  })

  it('cancels within a token and keeps what was produced', async () => {
    const running = session.generate({ ids: prompt, maxTokens: 400, ignoreEndOfGeneration: true })
    let seen = 0
    for await (const event of running) {
      if (event.kind === 'steps' && event.batch.phase === 'generated') {
        seen += event.batch.count
        if (seen >= 5) running.cancel()
      }
    }
    const report = await running.result
    expect(report.reason).toBe('cancelled')
    expect(report.ids.length).toBe(seen)
    expect(seen).toBeLessThan(400)
    // The cache is still right: going on gives what an uninterrupted run gives.
    const rest = await generate(session, { ids: [...prompt, ...report.ids], maxTokens: 5, ignoreEndOfGeneration: true })
    const whole = await generate(session, { ids: prompt, maxTokens: report.ids.length + 5, ignoreEndOfGeneration: true, ignoreCache: true })
    expect([...report.ids, ...rest.report.ids]).toEqual([...whole.report.ids])
  })

  it('cancels a prefill', async () => {
    const ids = Array.from({ length: 500 }, (_, index) => (index * 37) % 4096)
    const running = session.generate({ ids, maxTokens: 5, promptChunk: 4, ignoreCache: true })
    for await (const event of running) if (event.kind === 'prefill' && event.done > 0) running.cancel()
    const report = await running.result
    expect(report.reason).toBe('cancelled')
    expect(report.ids.length).toBe(0)
    expect(session.cachedLength).toBeLessThan(500)
  })

  it('stops before a stop string and goes on from there exactly', async () => {
    const full = await generate(session, { ids: prompt, maxTokens: 30 })
    const stop = full.text.slice(12, 17)
    const stopped = await generate(session, { ids: prompt, maxTokens: 30, stopStrings: [stop] })
    expect(stopped.report.reason).toBe('stop-string')
    expect(stopped.report.stopString).toBe(stop)
    expect(stopped.text).toBe(full.text.slice(0, full.text.indexOf(stop)))
    expect(session.ids.length).toBe(prompt.length + stopped.report.ids.length)
    expect(session.cachedLength).toBeLessThanOrEqual(session.ids.length)
    const rest = await generate(session, { ids: session.ids, maxTokens: 30 - stopped.report.ids.length })
    expect([...stopped.report.ids, ...rest.report.ids]).toEqual([...full.report.ids])
  })

  it('ends where the context ends', async () => {
    const ids = Array.from({ length: 508 }, (_, index) => (index * 37) % 4096)
    const { report } = await generate(session, { ids, maxTokens: 100, ignoreEndOfGeneration: true })
    expect(report.reason).toBe('context-full')
    expect(report.ids.length).toBe(4)
  })

  it('a result can be awaited without reading events, and events can be read afterwards', async () => {
    const running = session.generate({ ids: prompt, maxTokens: 8 })
    const report = await running.result
    let text = ''
    for await (const event of running) if (event.kind === 'text') text += event.text
    expect(text).toBe(report.text)
  })

  it('a reader that leaves early does not hold up the request', async () => {
    const running = session.generate({ ids: prompt, maxTokens: 60, ignoreEndOfGeneration: true, trace: { stats: true } })
    for await (const event of running) if (event.kind === 'steps') break
    const report = await running.result
    expect(report.reason).toBe('length')
    expect(report.ids.length).toBe(60)
  })

  it('runs one request at a time', async () => {
    const running = session.generate({ ids: prompt, maxTokens: 20 })
    expect((await refusal(() => session.generate({ ids: prompt, maxTokens: 1 }))).message).toContain('busy')
    expect((await refusal(() => session.lens({ position: 0 }))).message).toContain('busy')
    running.cancel()
    await running.result
    expect(session.busy).toBe(false)
  })

  it('refuses bad requests in one sentence', async () => {
    const { vocabularySize } = session.config
    expect((await refusal(() => session.generate({ ids: [1, vocabularySize], maxTokens: 1 }))).message).toContain(
      `Token id ${vocabularySize} at position 1`
    )
    expect((await refusal(() => session.generate({ ids: [-1], maxTokens: 1 }))).message).toContain('Token id -1')
    expect((await refusal(() => session.generate({ ids: [], maxTokens: 1 }))).message).toContain('empty')
    expect((await refusal(() => session.generate({ ids: new Int32Array(513), maxTokens: 1 }))).message).toContain(
      '513 tokens, but the context of this load holds 512'
    )
    expect((await refusal(() => session.generate({ ids: [1], maxTokens: Number.NaN }))).code).toBe('usage')
    expect((await refusal(() => session.generate({ ids: [1], maxTokens: 1, stopStrings: [''] }))).message).toContain('empty')
    expect((await refusal(() => session.capture({ from: 0, to: 99_999, traceIndices: [0] }))).code).toBe('out-of-range')
    expect((await refusal(() => session.rewind(9999))).code).toBe('out-of-range')
  })

  it('knobs outside their range fail the request, naming the knob', async () => {
    const { report } = await collect(
      session.generate({
        ids: prompt,
        maxTokens: 2,
        sampling: { ...(await import('../../shared/model/sampling')).DEFAULT_SAMPLING, topP: Number.NaN }
      })
    )
    expect(report.reason).toBe('failed')
    expect(report.error?.message).toContain('top-p must be in (0, 1]')
  })

  it('a NaN that reaches every logit ends the generation, naming the token', async () => {
    const fault = {
      kind: 'nan-at-point',
      layer: 7,
      point: 'layer_out',
      position: prompt.length - 1,
      index: 0,
      count: 1,
      factor: 1
    } as const
    const { report } = await generate(session, { ids: prompt, maxTokens: 5, faults: [fault] })
    expect(report.reason).toBe('failed')
    expect(report.error?.message).toContain(`No token can be chosen for position ${prompt.length}: after token id ${prompt.at(-1)}`)
    // In the middle of decoding too, and the row that failed is there with its statistics.
    const later = { ...fault, layer: 4, point: 'attn_out' as const, position: prompt.length + 2 }
    const { batches, report: decoded } = await generate(session, { ids: prompt, maxTokens: 9, faults: [later], trace: { stats: true } })
    expect(decoded.ids).toHaveLength(3)
    const last = batches.at(-1)
    expect(last).toMatchObject({ phase: 'prompt', count: 1 })
    expect([last?.positions[0], last?.ids[0]]).toEqual([prompt.length + 2, -1])
    const bad = new Uint32Array(last?.stats?.slice().buffer as ArrayBuffer)
    expect(bad[traceIndex(4, 'attn_out') * TRACE_STATS_WORDS + 5]).toBe(1)
    expect(bad[traceIndex(4, 'attn_norm') * TRACE_STATS_WORDS + 5]).toBe(0)
    const after = await generate(session, { ids: prompt, maxTokens: 3 })
    expect(after.report.reusedTokenCount).toBe(0)
    expect(after.report.reason).toBe('length')
  })

  it('says which backends it looked for', () => {
    const names = devices().map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['reference', 'cpu', 'hip', 'cuda']))
    for (const device of devices()) expect(device.available ? device.description : device.reason).not.toBe('')
  })
})

describe('loads that cannot be', () => {
  it('refuses an unknown backend, a wrong option and too little memory', async () => {
    expect((await refusal(() => loadSession(bundledModel, { backend: 'abacus' }))).message).toContain('Backend "abacus" is not here')
    expect((await refusal(() => loadSession(bundledModel, { threads: 0 }))).code).toBe('usage')
    expect((await refusal(() => loadSession(bundledModel, { context: Number.NaN } as LoadOptions))).code).toBe('usage')
    const { plan } = await planSession(bundledModel)
    expect(plan.totalBytes).toBeGreaterThan(plan.weightsMappedBytes)
    const tooLarge = await refusal(() => loadSession(bundledModel, { context: 4_194_304, kvType: 'f32', logitsHistoryBytes: 2 ** 38 }))
    expect(tooLarge.code).toBe('out-of-memory')
    expect(tooLarge.message).toMatch(/needs .* GiB .* available/)
  })

  it('can be cancelled', async () => {
    const abort = new AbortController()
    abort.abort()
    expect((await refusal(() => loadSession(bundledModel, {}, { signal: abort.signal }))).code).toBe('cancelled')
  })

  it('a file that shrinks between opening and loading is refused', async () => {
    const { openModel } = await import('../formats/open-model')
    const { loadOpenedModel } = await import('./load-session')
    const path = join(scratch, 'shrunk.gguf')
    copyFileSync(bundledModel, path)
    const model = await openModel(path)
    truncateSync(path, 5_000_000)
    const error = await refusal(() => loadOpenedModel(model))
    expect(error.code).toBe('io')
    expect(error.message).toContain('found 5000000')
  })

  it('a file that shrinks while it is in use fails the request, not the process', async () => {
    const path = join(scratch, 'shrinks.gguf')
    copyFileSync(bundledModel, path)
    // `reference` reads the mapped file in every forward pass.
    const session = await loadSession(path, { backend: 'reference' })
    truncateSync(path, 4096)
    const { report } = await generate(session, { ids: [1, 2, 3], maxTokens: 2 })
    await session.close()
    expect(report.reason).toBe('failed')
    expect(report.error?.code).toBe('io')
    expect(report.error?.message).toContain('cut short')
  })
})
