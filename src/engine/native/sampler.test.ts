import { describe, expect, it } from 'vitest'
import { DEFAULT_SAMPLING, SAMPLER_STAGES, type SamplerStage, type SamplingSettings } from '../../shared/model/sampling'
import { sampleReference, uniformAt } from '../../shared/sampling/reference'
import { nativeAddon } from './load-addon'
import { nativeSampling } from './sampling'

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

function compare(logits: Float32Array, settings: SamplingSettings, history: readonly number[], position: number, where: string): void {
  const expected = sampleReference(logits, settings, { history, position })
  const found = nativeAddon().sampleRow({ logits, history: Int32Array.from(history), position, sampling: nativeSampling(settings) })
  expect([...found.survivorIds], where).toEqual(expected.survivors.map(({ id }) => id))
  expect(found.id, where).toBe(expected.id)
  expect(found.logProbability, where).toBeCloseTo(expected.logProbability, 9)
}

const SIZES = [1, 2, 3, 17, 128, 1025, 4096]

describe('the native sampler against the slow reference', () => {
  const cases: readonly [string, Partial<SamplingSettings>][] = [
    ['temperature only', { topK: 0 }],
    ['top-k', { topK: 5 }],
    ['top-k beyond the heap', { topK: 1024 + 1 }],
    ['top-k 1', { topK: 1 }],
    ['top-p', { topK: 0, topP: 0.9 }],
    ['tiny top-p', { topK: 0, topP: 1e-6 }],
    ['typical', { topK: 0, typicalP: 0.5 }],
    ['min-p', { topK: 0, minP: 0.1 }],
    ['min-p 1', { topK: 0, minP: 1 }],
    [
      'everything',
      { temperature: 0.7, topK: 40, typicalP: 0.95, topP: 0.9, minP: 0.02, repeatPenalty: 1.2, frequencyPenalty: 0.3, presencePenalty: 0.2 }
    ],
    ['greedy with penalties', { temperature: 0, repeatPenalty: 1.5, penaltyWindow: -1 }],
    ['greedy', { temperature: 0 }],
    ['hot', { temperature: 50, topK: 0 }],
    ['cold', { temperature: 1e-3, topK: 0 }]
  ]
  for (const [name, knobs] of cases) {
    it(name, () => {
      for (const size of SIZES) {
        const random = numbers(size * 31 + 7)
        for (let trial = 0; trial < 8; trial += 1) {
          const spreadOfLogits = [0.1, 3, 12, 60][trial % 4] as number
          const logits = Float32Array.from({ length: size }, () => (random() - 0.5) * spreadOfLogits)
          const history = Array.from({ length: 90 }, () => Math.floor(random() * size))
          const settings = { ...DEFAULT_SAMPLING, ...knobs, seed: BigInt(trial) * 0x1234567890abcdefn }
          compare(logits, settings, history, trial * 1000 + size, `${name}, ${size} logits, trial ${trial}`)
        }
      }
    })
  }

  it('any order of the stages', () => {
    const random = numbers(5)
    const logits = Float32Array.from({ length: 300 }, () => (random() - 0.5) * 10)
    for (let trial = 0; trial < 40; trial += 1) {
      const order: SamplerStage[] = [...SAMPLER_STAGES]
        .sort(() => random() - 0.5)
        .slice(0, 1 + Math.floor(random() * SAMPLER_STAGES.length))
      const settings = {
        ...DEFAULT_SAMPLING,
        order,
        topK: 60,
        topP: 0.9,
        minP: 0.01,
        typicalP: 0.97,
        temperature: 0.8,
        repeatPenalty: 1.3,
        seed: BigInt(trial)
      }
      compare(logits, settings, [1, 2, 2, 5, 299], trial, order.join(' '))
    }
  })

  it('ties, NaN, infinities and forbidden tokens', () => {
    const { NaN: nan, POSITIVE_INFINITY: high, NEGATIVE_INFINITY: low } = Number
    const rows: readonly number[][] = [
      [1, 1, 1, 1],
      [nan, nan, 2, nan],
      [nan, nan],
      [low, low, low],
      [high, 0, high, 5],
      [low, 3, nan, high],
      [0, -0, 0]
    ]
    for (const row of rows) {
      for (const knobs of [
        { temperature: 0 },
        { topK: 2 },
        { topK: 0, topP: 0.6 },
        { topK: 0, typicalP: 0.6 },
        { topK: 0, minP: 0.5 },
        { topK: 0 }
      ]) {
        for (let position = 0; position < 6; position += 1) {
          compare(
            Float32Array.from(row),
            { ...DEFAULT_SAMPLING, ...knobs, seed: 9n },
            [0, 1],
            position,
            `${row.join(' ')} ${JSON.stringify(knobs)}`
          )
        }
      }
    }
    const bias = [
      { id: 3, bias: Number.NEGATIVE_INFINITY },
      { id: 1, bias: 4.25 },
      { id: 1, bias: -1.5 }
    ]
    compare(Float32Array.of(1, 2, 3, 9, 2.5), { ...DEFAULT_SAMPLING, logitBias: bias, temperature: 0 }, [], 0, 'bias')
  })

  it('draws with the frequencies of the distribution', () => {
    const logits = Float32Array.of(Math.log(0.5), Math.log(0.3), Math.log(0.2))
    const counts = [0, 0, 0]
    for (let position = 0; position < 20_000; position += 1) {
      const { id } = nativeAddon().sampleRow({
        logits,
        history: new Int32Array(0),
        position,
        sampling: nativeSampling({ ...DEFAULT_SAMPLING, seed: 77n })
      })
      counts[id] = (counts[id] as number) + 1
    }
    // Five standard deviations of a binomial count.
    for (const [id, share] of [0.5, 0.3, 0.2].entries()) {
      expect(Math.abs((counts[id] as number) - 20_000 * share)).toBeLessThan(5 * Math.sqrt(20_000 * share * (1 - share)))
    }
  })

  it('random numbers are those of Philox 4x32-10 (known answer of the Random123 distribution)', () => {
    // Counter 0, key 0: 6627e8d5 e169c58d bc57ac4c 9b00dbd8.
    expect(uniformAt(0n, 0n)).toBe(Number(0x6627e8d5e169c58dn >> 11n) * 2 ** -53)
  })

  it('refuses knobs outside their range, naming knob and value', () => {
    const refuse = (knobs: Partial<SamplingSettings>): string => {
      try {
        nativeAddon().sampleRow({
          logits: Float32Array.of(1, 2),
          history: new Int32Array(0),
          position: 0,
          sampling: nativeSampling({ ...DEFAULT_SAMPLING, ...knobs })
        })
      } catch (thrown) {
        return (thrown as Error).message
      }
      throw new Error('it was accepted')
    }
    expect(refuse({ temperature: -1 })).toContain('temperature must be in [0, 100]')
    expect(refuse({ temperature: Number.NaN })).toContain('temperature')
    expect(refuse({ topP: 0 })).toContain('top-p must be in (0, 1]')
    expect(refuse({ repeatPenalty: 0 })).toContain('repeat penalty')
    expect(refuse({ minP: Number.POSITIVE_INFINITY })).toContain('min-p')
    expect(refuse({ logitBias: [{ id: 2, bias: 1 }] })).toContain('token id 2 is not in [0, 2)')
  })
})
