import { describe, expect, test } from 'vitest'
import { DEFAULT_SAMPLING, type SamplingSettings } from '../shared/model/sampling'
import { sampleReference } from '../shared/sampling/reference'
import type { SampledRow } from './engine-door'
import { explainSampler } from './sampler-explanation'

/** The sampler as it is specified; the native one is held against it in tests of its own. */
function sampleRow(logits: Float32Array, sampling: SamplingSettings, history: Int32Array, position: number): SampledRow {
  const { id, survivors } = sampleReference(logits, sampling, { history, position })
  return {
    id,
    survivorIds: Int32Array.from(survivors, (survivor) => survivor.id),
    survivorLogits: Float64Array.from(survivors, (survivor) => survivor.logit)
  }
}

const explain = (logits: readonly number[], settings: Partial<SamplingSettings>) =>
  explainSampler(
    { sampleRow },
    {
      runId: 'r',
      position: 3,
      logits: Float32Array.from(logits),
      source: 'captured',
      history: Int32Array.of(1),
      chosenId: 0,
      sampling: { ...DEFAULT_SAMPLING, topK: 0, ...settings }
    }
  )

describe('sampler explanation', () => {
  test('every stage says what it removed, and columns hold the values after their stage', () => {
    const { stages, arrays, wouldChooseId } = explain([2, Number.NaN, 1, 0, -1], {
      logitBias: [
        { id: 3, bias: 5 },
        { id: 4, bias: Number.NEGATIVE_INFINITY }
      ],
      temperature: 2,
      topK: 2
    })
    expect([...arrays.removedBy]).toEqual([0, 1, 5, 0, 2])
    expect(stages.slice(0, 5).map(({ stage, survivorsAfter }) => [stage, survivorsAfter])).toEqual([
      ['input', 4],
      ['logit-bias', 3],
      ['penalties', 3],
      ['temperature', 3],
      ['top-k', 2]
    ])
    expect([...arrays.biased]).toEqual([2, Number.NaN, 1, 5, -1])
    expect([...arrays.scaled]).toEqual([1, Number.NaN, 0.5, 2.5, -1])
    const weights = [Math.exp(1), Math.exp(0.5), Math.exp(2.5)] as const
    expect(stages[4]?.massRemoved).toBeCloseTo(weights[1] / (weights[0] + weights[1] + weights[2]), 12)
    expect(arrays.probability[3]).toBeCloseTo(weights[2] / (weights[0] + weights[2]), 6)
    expect([0, 3]).toContain(wouldChooseId)
    expect(stages.find(({ stage }) => stage === 'min-p')).toMatchObject({ active: false, note: 'neutral' })
  })

  test('greedy: filters say that they do not apply, the favourite has all of it', () => {
    const { stages, arrays } = explain([1, 3, 2], { temperature: 0, topK: 1 })
    expect([...arrays.probability]).toEqual([0, 1, 0])
    expect([...arrays.removedBy]).toEqual([0, 0, 0])
    expect(stages.find(({ stage }) => stage === 'top-k')).toMatchObject({ active: false, note: expect.stringContaining('greedy') })
  })

  test('penalties and the nucleus are put to their own stages', () => {
    const { stages, arrays } = explain([4, 3, 2, 1], { repeatPenalty: 2, penaltyWindow: 64, topP: 0.85 })
    // Token 1 is in the history: 3 becomes 1.5. Then 4 and 2 hold 0.85 of the mass.
    expect([...arrays.penalised]).toEqual([4, 1.5, 2, 1])
    expect([...arrays.removedBy]).toEqual([0, 7, 0, 7])
    expect(stages[5]).toMatchObject({ stage: 'typical', active: false })
    expect(stages[6]).toMatchObject({ stage: 'top-p', active: true, survivorsBefore: 4, survivorsAfter: 2 })
  })

  test('a row of nothing but NaN chooses nothing and says so', () => {
    const { wouldChooseId, nanCount, stages } = explain([Number.NaN, Number.NaN], {})
    expect(wouldChooseId).toBeUndefined()
    expect([nanCount, stages[0]?.survivorsAfter]).toEqual([2, 0])
  })
})
