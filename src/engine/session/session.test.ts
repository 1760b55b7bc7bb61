import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_SAMPLING, STORY_SAMPLING } from '../../shared/model/sampling'
import { traceIndex, tracePointCount } from '../../shared/model/trace-points'
import { loadSession } from '.'
import { collect, evaluateRows, generate, joined } from './test-support/collect'
import { bundledModel, hasShared, sharedModel } from './test-support/models'
import type { Session, StepBatch } from './types'

const PROMPT = 'Once upon a time there was a small robot who lived on the moon.'
const SEEDED = { ...STORY_SAMPLING, seed: 42n }

const bytesOf = (values: Float32Array): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength)
const sameBits = (a: Float32Array, b: Float32Array): boolean => Buffer.compare(bytesOf(a), bytesOf(b)) === 0
const idsOf = (batches: readonly StepBatch[]): number[] =>
  batches.filter(({ phase }) => phase === 'generated').flatMap(({ ids }) => [...ids])

describe.each(['f16', 'f32'] as const)('a session on the bundled model, cpu, %s cache', (kvType) => {
  let session: Session
  let prompt: readonly number[]
  beforeAll(async () => {
    session = await loadSession(bundledModel, { threads: 2, kvType })
    prompt = session.tokenizer.encode(PROMPT)
  })
  afterAll(() => session.close())

  it('prefill equals decode, bit for bit, at chunks of 1, 7, 64 and whole', async () => {
    const ids = [...prompt, ...prompt, ...prompt, ...prompt, ...prompt, ...prompt].slice(0, 97)
    const whole = await evaluateRows(session, { ids, ignoreCache: true })
    expect(whole.length).toBe(97 * session.config.vocabularySize)
    for (const promptChunk of [1, 7, 64]) {
      expect(sameBits(await evaluateRows(session, { ids, ignoreCache: true, promptChunk }), whole), `chunk ${promptChunk}`).toBe(true)
    }
  })

  it('one seed gives one text, whatever the thread count and however the prompt is cut', async () => {
    const request = { ids: prompt, maxTokens: 40, sampling: SEEDED, ignoreCache: true }
    const { report } = await generate(session, request)
    expect(report.ids.length).toBe(40)
    const chunked = await generate(session, { ...request, promptChunk: 3 })
    expect(chunked.report.text).toBe(report.text)
    const single = await loadSession(bundledModel, { threads: 1, kvType })
    try {
      const other = await generate(single, request)
      expect([...other.report.ids]).toEqual([...report.ids])
      expect(other.report.text).toBe(report.text)
    } finally {
      await single.close()
    }
    const reseeded = await generate(session, { ...request, sampling: { ...SEEDED, seed: 43n } })
    expect(reseeded.report.text).not.toBe(report.text)
  })

  it('tracing changes not one bit', async () => {
    const layer = traceIndex(3, 'layer_out')
    const plain = await collect(session.evaluate({ ids: prompt, fullRows: true, ignoreCache: true }))
    const traced = await collect(
      session.evaluate({
        ids: prompt,
        fullRows: true,
        ignoreCache: true,
        trace: { stats: true, hashes: true, blockTimes: true, captures: [layer] }
      })
    )
    const rows = (batches: readonly StepBatch[]): Float32Array => joined(batches.map(({ logits }) => logits as Float32Array))
    expect(sameBits(rows(traced.batches), rows(plain.batches))).toBe(true)
    for (const batch of traced.batches) {
      expect(batch.stats?.byteLength).toBe(batch.count * tracePointCount(session.config.layerCount) * 40)
      expect(batch.hashes?.every((hash) => hash !== 0n)).toBe(true)
    }
    const captured = joined(traced.batches.map(({ captures }) => captures as Float32Array))
    const again = await session.capture({ from: 2, to: 5, traceIndices: [layer] })
    const width = session.config.embeddingLength
    expect(captured.length).toBe(prompt.length * width)
    expect(sameBits(again.tensors.get(layer) as Float32Array, captured.slice(2 * width, 5 * width))).toBe(true)
  })

  it('a branch and a rewind equal a fresh run', async () => {
    const { report } = await generate(session, { ids: prompt, maxTokens: 30, sampling: SEEDED, ignoreCache: true })
    const taken = [...report.ids]
    const alternative = (taken[10] as number) === 300 ? 301 : 300
    const branch = [...prompt, ...taken.slice(0, 10), alternative]
    const branched = await generate(session, { ids: branch, maxTokens: 15, sampling: SEEDED })
    expect(branched.report.reusedTokenCount).toBe(branch.length - 1)
    const fresh = await generate(session, { ids: branch, maxTokens: 15, sampling: SEEDED, ignoreCache: true })
    expect(fresh.report.reusedTokenCount).toBe(0)
    expect([...branched.report.ids]).toEqual([...fresh.report.ids])

    session.rewind(prompt.length + 5)
    expect(session.ids.length).toBe(prompt.length + 5)
    const continued = await generate(session, { ids: session.ids, maxTokens: 25, sampling: SEEDED })
    expect([...taken.slice(0, 5), ...continued.report.ids]).toEqual([...taken.slice(0, 5), ...taken.slice(5, 30)])
  })

  it('regenerating and continuing give what one long run gives', async () => {
    const long = await generate(session, { ids: prompt, maxTokens: 24, sampling: SEEDED })
    const again = await generate(session, { ids: prompt, maxTokens: 24, sampling: SEEDED })
    expect([...again.report.ids]).toEqual([...long.report.ids])
    const half = await generate(session, { ids: prompt, maxTokens: 12, sampling: SEEDED })
    const rest = await generate(session, { ids: session.ids, maxTokens: 12, sampling: SEEDED })
    expect(half.text + rest.text).toBe(long.text)
  })

  it('the columns of a step say what the row says', async () => {
    const { batches } = await generate(session, { ids: prompt, maxTokens: 6, sampling: { ...DEFAULT_SAMPLING, seed: 5n }, candidates: 5 })
    expect(idsOf(batches).length).toBe(6)
    for (const batch of batches) {
      for (let step = 0; step < batch.count; step += 1) {
        const { logits, source } = await session.logitsRow(batch.positions[step] as number)
        expect(source).toBe('captured')
        const id = batch.ids[step] as number
        const sorted = Array.from(logits, (logit, index) => ({ logit, index })).sort((a, b) => b.logit - a.logit || a.index - b.index)
        expect(Array.from(batch.candidateIds.slice(step * 5, step * 5 + 5))).toEqual(sorted.slice(0, 5).map(({ index }) => index))
        expect(Array.from(batch.candidateLogits.slice(step * 5, step * 5 + 5))).toEqual(sorted.slice(0, 5).map(({ logit }) => logit))
        expect(batch.ranks[step]).toBe(sorted.findIndex(({ index }) => index === id))
        expect(batch.chosenLogits[step]).toBe(logits[id])
        const highest = (sorted[0] as { logit: number }).logit
        const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0)
        expect(batch.logSumExps[step]).toBeCloseTo(highest + Math.log(sum), 5)
        expect(batch.logProbabilities[step]).toBeCloseTo((logits[id] as number) - highest - Math.log(sum), 5)
        expect(batch.margins[step]).toBeCloseTo(highest - (sorted[1] as { logit: number }).logit, 5)
        const entropy = logits.reduce((total, logit) => {
          const p = Math.exp(logit - highest) / sum
          return p > 0 ? total - p * Math.log(p) : total
        }, 0)
        expect(batch.entropies[step]).toBeCloseTo(entropy, 4)
      }
    }
  })

  it('speculation changes nothing but the time', async () => {
    const repeating = [...prompt, ...prompt.slice(1), ...prompt.slice(1, 6)]
    const plain = await generate(session, { ids: repeating, maxTokens: 60, ignoreCache: true, ignoreEndOfGeneration: true })
    const guessed = await generate(session, {
      ids: repeating,
      maxTokens: 60,
      ignoreCache: true,
      ignoreEndOfGeneration: true,
      speculate: true
    })
    expect([...guessed.report.ids]).toEqual([...plain.report.ids])
    expect(guessed.report.speculation?.accepted).toBeGreaterThan(0)
    expect(guessed.report.speculation?.drafted).toBeGreaterThanOrEqual(guessed.report.speculation?.accepted as number)
    const column = (batches: readonly StepBatch[]): number[] =>
      batches.filter(({ phase }) => phase === 'generated').flatMap(({ logSumExps }) => [...logSumExps])
    expect(column(guessed.batches)).toEqual(column(plain.batches))
  })

  it('the last layer of the lens is the logits, bit for bit', async () => {
    await generate(session, { ids: prompt, maxTokens: 4, sampling: SEEDED })
    const position = prompt.length
    const { logits } = await session.logitsRow(position)
    const lens = await session.lens({ position, fullRows: true, candidates: 3 })
    const vocabulary = session.config.vocabularySize
    expect(sameBits((lens.logits as Float32Array).slice(-vocabulary), logits)).toBe(true)
    expect(lens.candidateIds.length).toBe(session.config.layerCount * 3)
    expect(lens.nextTokenRanks.at(-1)).toBeGreaterThanOrEqual(0)
  })
})

describe.skipIf(!hasShared)('two files of one model', () => {
  it('SafeTensors and F16 GGUF give bit-equal logits', async () => {
    const rows: Float32Array[] = []
    for (const name of ['greta-stories-22m-hf', 'greta-stories-22m.f16.gguf']) {
      const session = await loadSession(sharedModel(name), { threads: 2, kvType: 'f32' })
      try {
        rows.push(await evaluateRows(session, { ids: session.tokenizer.encode(PROMPT) }))
      } finally {
        await session.close()
      }
    }
    expect(sameBits(rows[0] as Float32Array, rows[1] as Float32Array)).toBe(true)
  })
})
