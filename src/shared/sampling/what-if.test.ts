import { describe, expect, test } from 'vitest'
import { DEFAULT_SAMPLING, type SamplingSettings } from '../model/sampling'
import { visitRanked } from './ranking'
import { sampleReference } from './reference'
import { whatIf } from './what-if'

/** Seeded numbers for inputs: mulberry32. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const CASES: readonly [string, Partial<SamplingSettings>][] = [
  ['temperature only', { topK: 0, temperature: 0.7 }],
  ['top-k', { topK: 5 }],
  ['top-k of everything', { topK: 5000 }],
  ['top-p', { topK: 0, topP: 0.9 }],
  ['tiny top-p', { topK: 0, topP: 1e-6 }],
  ['typical', { topK: 0, typicalP: 0.5 }],
  ['min-p', { topK: 0, minP: 0.1 }],
  ['greedy with penalties', { temperature: 0, repeatPenalty: 1.5, penaltyWindow: -1 }],
  [
    'bias that forbids',
    {
      topK: 0,
      logitBias: [
        { id: 0, bias: -Infinity },
        { id: 1, bias: 2.5 }
      ]
    }
  ],
  [
    'everything, in another order',
    {
      temperature: 0.7,
      topK: 40,
      typicalP: 0.95,
      topP: 0.9,
      minP: 0.02,
      repeatPenalty: 1.2,
      frequencyPenalty: 0.3,
      presencePenalty: 0.2,
      order: ['penalties', 'top-k', 'typical', 'top-p', 'min-p', 'temperature']
    }
  ]
]

/** Rows with ties, a NaN, infinities, one value only, and ordinary spreads. */
function rows(): Float32Array[] {
  const made = [
    Float32Array.of(1),
    Float32Array.of(2, 2, 2),
    Float32Array.of(NaN, 1, -Infinity, 1),
    Float32Array.of(Infinity, 3, Infinity, 1)
  ]
  for (const [size, spread, grain] of [
    [17, 3, 0],
    [1025, 12, 0],
    [4096, 60, 0],
    [4096, 4, 0.25],
    [3000, 1e-3, 0]
  ] as const) {
    const random = numbers(size + spread)
    made.push(
      Float32Array.from({ length: size }, () => {
        const value = (random() - 0.5) * spread
        return grain === 0 ? value : Math.round(value / grain) * grain
      })
    )
  }
  return made
}

describe('the fast what-if against the slow reference', () => {
  for (const [name, knobs] of CASES)
    test(name, () => {
      for (const [index, logits] of rows().entries()) {
        const random = numbers(index)
        const history = Array.from({ length: 90 }, () => Math.floor(random() * logits.length))
        const settings = { ...DEFAULT_SAMPLING, ...knobs, seed: BigInt(index) * 0x1234567890abcdefn }
        const expected = sampleReference(logits, settings, { history, position: index })
        const found = whatIf(logits, settings, history, index)
        const where = `${name}, row ${index}`
        expect(found.wouldChooseId, where).toBe(expected.id)
        const survivors = [...found.removedBy.keys()].filter((id) => found.removedBy[id] === 0)
        if (settings.temperature > 0) {
          expect(survivors, where).toEqual(expected.survivors.map(({ id }) => id))
          const counts = found.stages.slice(1, 1 + settings.order.length).map((stage) => stage.survivorsAfter)
          expect(counts, where).toEqual(expected.stages.map((stage) => stage.survivors.length))
          if (expected.id >= 0) expect(Math.log(found.probability[expected.id] as number), where).toBeCloseTo(expected.logProbability, 5)
        }
      }
    })

  test('mass removed and kept add up, and every removed token names its stage', () => {
    const logits = rows()[5] as Float32Array
    const { stages, removedBy, probability } = whatIf(logits, { ...DEFAULT_SAMPLING, topK: 40, topP: 0.5, minP: 0.1 }, [], 0)
    stages.forEach((stage, index) => {
      if (stage.active) expect(removedBy.filter((by) => by === index + 1)).toHaveLength(stage.survivorsBefore - stage.survivorsAfter)
      expect(stage.massRemoved).toBeGreaterThanOrEqual(0)
    })
    expect(probability.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5)
  })
})

test('the ranking is that of a stable sort, and stops when told', () => {
  for (const row of rows().filter((values) => !values.some(Number.isNaN))) {
    const values = Float64Array.from(row)
    const found: number[] = []
    visitRanked(values, (index) => {
      found.push(index)
      return false
    })
    expect(found).toEqual(
      [...values.keys()].toSorted((a, b) => (values[a] === values[b] ? a - b : (values[b] as number) - (values[a] as number)))
    )
    const head: number[] = []
    visitRanked(values, (index) => head.push(index) >= 3)
    expect(head).toEqual(found.slice(0, 3))
  }
})
