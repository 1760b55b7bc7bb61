import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { traceIndex, TRACE_STATS_WORDS, tracePointAt, tracePointCount } from '../../shared/model/trace-points'
import { loadSession } from '.'
import { collect, evaluateRows, generate } from './test-support/collect'
import { goldenPrompt, hasShared, nmse, sharedModel } from './test-support/models'
import type { Session } from './types'

const CASES = [
  { model: 'greta-stories-22m.Q4_K_M', prompts: ['once-upon', 'lily-dog', 'robot-moon'] },
  { model: 'greta-stories-22m.f16', prompts: ['once-upon', 'lily-dog', 'robot-moon'] },
  { model: 'stories260K.f32', prompts: ['bos'] }
]
/** Statistics are judged in units of their tensor’s rms. */
const BACKENDS = [
  { backend: 'reference', kvType: 'f32', limit: 1e-11, statisticLimit: 1e-5 },
  { backend: 'cpu', kvType: 'f32', limit: 1e-9, statisticLimit: 1e-5 },
  { backend: 'cpu', kvType: 'f16', limit: 1e-6, statisticLimit: undefined }
] as const

describe.skipIf(!hasShared)('logits, ids and statistics against an independent float64 implementation (../shared/golden)', () => {
  for (const { model, prompts } of CASES) {
    for (const { backend, kvType, limit, statisticLimit } of BACKENDS) {
      describe(`${model} on ${backend}, ${kvType} cache`, () => {
        let session: Session
        beforeAll(async () => {
          session = await loadSession(sharedModel(`${model}.gguf`), { backend, kvType, threads: 2 })
        })
        afterAll(() => session.close())

        for (const prompt of prompts) {
          it(`${prompt}: logits within ${limit}`, async () => {
            const golden = goldenPrompt(model, prompt)
            expect(nmse(await evaluateRows(session, { ids: golden.evaluatedIds, ignoreCache: true }), golden.logits)).toBeLessThanOrEqual(
              limit
            )
          })

          it(`${prompt}: greedy ids equal`, async () => {
            const golden = goldenPrompt(model, prompt)
            const { report } = await generate(session, {
              ids: golden.ids,
              maxTokens: golden.greedyIds.length,
              ignoreEndOfGeneration: true
            })
            expect([...report.ids]).toEqual(golden.greedyIds)
          })

          if (statisticLimit === undefined) continue
          it(`${prompt}: every statistic within ${statisticLimit} of its tensor's rms`, async () => {
            const golden = goldenPrompt(model, prompt)
            const found = await promptStatistics(session, golden.ids)
            for (const expected of golden.statistics) {
              const index = found.findIndex((entry) => entry.layer === expected.layer && entry.point === expected.tensor)
              const entry = found[index]
              if (entry === undefined) throw new Error(`no statistic of ${expected.tensor} in layer ${expected.layer}`)
              for (const field of ['min', 'max', 'mean', 'rms'] as const) {
                const where = `${expected.tensor} of layer ${expected.layer}: ${field}`
                expect(Math.abs(entry[field] - expected[field]), where).toBeLessThanOrEqual(statisticLimit * expected.rms)
              }
            }
          })
        }
      })
    }
  }
})

/** min, max, mean and rms of every trace point over all positions of a prompt. */
async function promptStatistics(session: Session, ids: readonly number[]) {
  const { batches } = await collect(session.evaluate({ ids, ignoreCache: true, trace: { stats: true } }))
  const layers = session.config.layerCount
  const points = tracePointCount(layers)
  expect(traceIndex(layers - 1, 'layer_out')).toBe(points - 3)
  return Array.from({ length: points }, (_, index) => {
    const rows = batches.flatMap((batch) => {
      const stats = batch.stats as Uint8Array
      const floats = new Float32Array(stats.buffer, stats.byteOffset, stats.byteLength / 4)
      return Array.from({ length: batch.count }, (_, row) => floats.subarray((row * points + index) * TRACE_STATS_WORDS))
    })
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
    return {
      ...tracePointAt(index, layers),
      min: Math.min(...rows.map((row) => row[0] as number)),
      max: Math.max(...rows.map((row) => row[1] as number)),
      mean: mean(rows.map((row) => row[2] as number)),
      rms: Math.sqrt(mean(rows.map((row) => (row[3] as number) ** 2)))
    }
  })
}
