import { describe, expect, it } from 'vitest'
import { loadSession } from '../session'
import { goldenPrompt, hasShared, sharedModel } from '../session/test-support/models'
import { compareSessions } from './parity'
import { comparePosition, summarizeComparison } from './position-comparison'

const [Q4, F16] = ['greta-stories-22m.Q4_K_M', 'greta-stories-22m.f16'] as const

describe.skipIf(!hasShared)('Q4_K_M against F16, held against golden logits of both (../shared/golden)', () => {
  // One figure of one prompt on one backend has its own bound: sums in f32 leave a logit of 16 to 32 within about one step of its f32
  // number, 1.9e-6, and the perplexity of a few positions with it (measured with five: 1.26e-6; the other prompts 1.9e-7 and 1.1e-7).
  it.each([
    ['reference', 'once-upon', 1e-6],
    ['reference', 'lily-dog', 1e-6],
    ['reference', 'robot-moon', 1e-6],
    ['cpu', 'once-upon', 1e-6],
    ['cpu', 'lily-dog', 2e-6],
    ['cpu', 'robot-moon', 1e-6]
  ] as const)('%s, %s: every figure agrees to 1e-6, the perplexity ratio to %d', async (backend, prompt, ratioBound) => {
    const golden = { q4: goldenPrompt(Q4, prompt), f16: goldenPrompt(F16, prompt) }
    const ids = golden.f16.evaluatedIds
    const vocabulary = golden.f16.logits.length / ids.length
    const row = (logits: Float32Array, position: number): Float32Array =>
      logits.subarray(position * vocabulary, (position + 1) * vocabulary)
    const expected = summarizeComparison(
      ids.map((_, position) =>
        comparePosition(position, ids[position + 1] ?? -1, row(golden.f16.logits, position), row(golden.q4.logits, position))
      )
    )
    const reference = await loadSession(sharedModel(`${F16}.gguf`), { backend, kvType: 'f32' })
    const test = await loadSession(sharedModel(`${Q4}.gguf`), { backend, kvType: 'f32' })
    try {
      const { summary, verdict, localSkipped } = await compareSessions(reference, test, ids)
      expect(verdict).toBe('ok')
      expect(localSkipped).toMatch(/weights differ/)
      for (const key of ['meanNmse', 'maxNmse', 'sameTop1Share', 'top5Agreement'] as const)
        expect(Math.abs(summary[key] - expected[key]), key).toBeLessThan(1e-6)
      expect(Math.abs(summary.perplexityRatio - expected.perplexityRatio)).toBeLessThan(ratioBound)
      for (const key of ['mean', 'median', 'percentile99', 'maximum'] as const) {
        expect(Math.abs(summary.klDivergence[key] - expected.klDivergence[key]), key).toBeLessThan(1e-6)
        expect(Math.abs(summary.probabilityDifference[key] - expected.probabilityDifference[key]), key).toBeLessThan(1e-6)
      }
      expect(summary.klDivergence.mean).toBeGreaterThan(1e-4)
    } finally {
      await reference.close()
      await test.close()
    }
  })
})
