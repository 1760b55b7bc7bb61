import { describe, expect, it } from 'vitest'
import type { OpenedModel } from '../../shared/model/description'
import { planMemory } from './memory-plan'
import { openModel } from './open-model'
import { quantMixText, summarize } from './summary'

const bundled = new URL('../../../resources/models/greta-stories-22m.Q4_K_M.gguf', import.meta.url).pathname

describe('planMemory', () => {
  it('counts the bundled model', async () => {
    const plan = planMemory(await openModel(bundled), { context: 512, batch: 64 })
    // 2 * 8 layers * 512 positions * 2 heads * 64 * 2 bytes
    expect(plan.kvCacheBytes).toBe(2 * 8 * 512 * 2 * 64 * 2)
    expect(plan.weightsMappedBytes).toBe((await openModel(bundled)).tensors.reduce((sum, tensor) => sum + tensor.sizeBytes, 0))
    expect(plan.activationsBytes).toBe((64 * (3 * 512 + 2 * 512 + 2 * 128 + 3 * 1024) + 4096) * 4)
    expect(plan.traceBytes).toBe(64 * (1 + 8 * 13 + 2) * 40)
    expect(plan.logitsHistoryBytes).toBe(512 * 4096 * 4)
    const parts = [plan.weightsMappedBytes, plan.kvCacheBytes, plan.activationsBytes, plan.traceBytes, plan.logitsHistoryBytes]
    expect(plan.totalBytes).toBe(parts.reduce((sum, bytes) => sum + bytes, 0))
  })

  it('doubles the cache with f32 and holds the batch to the context', async () => {
    const opened = await openModel(bundled)
    const half = planMemory(opened, { context: 100, kvType: 'f16' })
    const full = planMemory(opened, { context: 100, kvType: 'f32' })
    expect(full.kvCacheBytes).toBe(2 * half.kvCacheBytes)
    expect(full.batch).toBe(100)
    expect(planMemory(opened).context).toBe(512)
    expect(planMemory(opened, { logitsHistoryBytes: 1 }).logitsHistoryBytes).toBe(4096 * 4)
  })

  it.each([0, -1, 1.5, Number.NaN, 1e12])('refuses a context of %d', async (context) => {
    const opened = await openModel(bundled)
    expect(() => planMemory(opened, { context })).toThrow(/The context is/u)
  })

  it('passes on why a model cannot run', () => {
    const opened: OpenedModel = {
      format: 'gguf',
      path: 'x',
      files: [],
      metadata: new Map(),
      tensors: [],
      notRunnable: 'x holds no weights.'
    }
    expect(() => planMemory(opened)).toThrow('x holds no weights.')
  })
})

describe('summarize', () => {
  it('describes the bundled model', async () => {
    const summary = summarize(await openModel(bundled))
    expect(summary.parameterCount).toBe(22_028_800)
    expect(summary.quantMix.map((row) => [row.type, row.tensorCount])).toEqual([
      ['Q4_K', 49],
      ['Q6_K', 9],
      ['F32', 17]
    ])
    expect(quantMixText(summary)).toMatch(/^Q4_K 49 tensors \d+\.\d MB, Q6_K 9 tensors \d+\.\d MB, F32 17 tensors 0\.0 MB$/u)
    const embeddingBytes = (4096 * 512 * 144) / 256
    expect(summary.bytesPerToken).toBe(summary.weightBytes - embeddingBytes + embeddingBytes / 4096)
    expect(summary.bitsPerWeight).toBeGreaterThan(4.5)
  })
})
