import { describe, expect, test } from 'vitest'
import { DEFAULT_SAMPLING, type SamplingSettings } from '../shared/model/sampling'
import { explainSampler } from './sampler-explanation'

/**
 * The real sampler is native and has its own tests; this one knows bias, temperature and top-k only, enough to see that every
 * removed token, column and mass is put to the stage that caused it.
 */
function sampleRow(
  logits: Float32Array,
  sampling: SamplingSettings
): { id: number; survivorIds: Int32Array; survivorLogits: Float64Array } {
  let set = Array.from(logits, (value, id) => ({ id, value })).filter(({ value }) => value > Number.NEGATIVE_INFINITY)
  for (const stage of sampling.order) {
    if (stage === 'logit-bias')
      set = set.map(({ id, value }) => ({ id, value: value + (sampling.logitBias.find((bias) => bias.id === id)?.bias ?? 0) }))
    if (stage === 'temperature' && sampling.temperature > 0) set = set.map(({ id, value }) => ({ id, value: value / sampling.temperature }))
    if (stage === 'top-k' && sampling.temperature > 0 && sampling.topK > 0)
      set = [...set].sort((a, b) => b.value - a.value || a.id - b.id).slice(0, sampling.topK)
    set = set.filter(({ value }) => value > Number.NEGATIVE_INFINITY).sort((a, b) => a.id - b.id)
  }
  const best = set.reduce((most, entry) => (entry.value > most.value ? entry : most), { id: -1, value: Number.NEGATIVE_INFINITY })
  return { id: best.id, survivorIds: Int32Array.from(set, ({ id }) => id), survivorLogits: Float64Array.from(set, ({ value }) => value) }
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
    expect(wouldChooseId).toBe(3)
    expect(stages.find(({ stage }) => stage === 'min-p')).toMatchObject({ active: false, note: 'neutral' })
  })

  test('greedy: filters say that they do not apply, the favourite has all of it', () => {
    const { stages, arrays } = explain([1, 3, 2], { temperature: 0, topK: 1 })
    expect([...arrays.probability]).toEqual([0, 1, 0])
    expect([...arrays.removedBy]).toEqual([0, 0, 0])
    expect(stages.find(({ stage }) => stage === 'top-k')).toMatchObject({ active: false, note: expect.stringContaining('greedy') })
  })

  test('a row of nothing but NaN chooses nothing and says so', () => {
    const { wouldChooseId, nanCount, stages } = explain([Number.NaN, Number.NaN], {})
    expect(wouldChooseId).toBeUndefined()
    expect([nanCount, stages[0]?.survivorsAfter]).toEqual([2, 0])
  })
})
