import { describe, expect, it } from 'vitest'
import type { RopeScalingRecipe } from './hyper-parameters'
import { ropeFrequencies } from './rope'

const LLAMA_31: RopeScalingRecipe = {
  kind: 'llama3',
  factor: 8,
  lowFrequencyFactor: 1,
  highFrequencyFactor: 4,
  originalContextLength: 8192
}
const close = (actual: number | undefined, expected: number): void =>
  expect(Math.abs((actual as number) / expected - 1)).toBeLessThan(1e-12)

describe('ropeFrequencies', () => {
  it('is base^(-2i/dims) without scaling', () => {
    const { inverse, magnitude, scaling } = ropeFrequencies('test', 10_000, 8, { kind: 'none' })
    expect([...inverse]).toHaveLength(4)
    ;[1, 0.1, 0.01, 0.001].forEach((expected, pair) => close(inverse[pair], expected))
    expect(magnitude).toBe(1)
    expect(scaling).toEqual({ kind: 'none', factor: 1 })
  })

  it('divides by the factor with linear scaling', () => {
    const { inverse } = ropeFrequencies('test', 10_000, 8, { kind: 'linear', factor: 4 })
    close(inverse[1], 0.025)
  })

  // Values of transformers' formulas, computed independently in float64.
  it.each([
    [0, 1],
    [20, 0.016560440080994446],
    [28, 0.0032114459947525913],
    [29, 0.002166570763503359],
    [30, 0.0013718935677611381],
    [34, 0.00017850781276799638],
    [35, 9.556212353964683e-5],
    [63, 3.068925988914511e-7]
  ])('scales pair %i as Llama 3.1 does', (pair, expected) => {
    close(ropeFrequencies('test', 500_000, 128, LLAMA_31).inverse[pair], expected)
  })

  it.each([
    [0, 1],
    [23, 0.006978305848598663],
    [24, 0.005375321490790102],
    [30, 0.0010643609812470017],
    [39, 6.490394320837028e-5],
    [40, 4.445698525097307e-5],
    [63, 3.102344401879299e-7]
  ])('scales pair %i as YaRN does', (pair, expected) => {
    const yarn = ropeFrequencies('test', 1e6, 128, { kind: 'yarn', factor: 4, originalContextLength: 32_768, betaFast: 32, betaSlow: 1 })
    close(yarn.inverse[pair], expected)
    close(yarn.magnitude, 1.138629436111989)
  })

  it('is the same model from GGUF divisors as from config.json', () => {
    const plain = ropeFrequencies('test', 500_000, 128, { kind: 'none' }).inverse
    const scaled = ropeFrequencies('test', 500_000, 128, LLAMA_31).inverse
    const divisors = Float32Array.from(plain, (frequency, pair) => frequency / (scaled[pair] as number))
    const divided = ropeFrequencies('test', 500_000, 128, { kind: 'divisors', divisors })
    divided.inverse.forEach((frequency, pair) => expect(Math.abs(frequency / (scaled[pair] as number) - 1)).toBeLessThan(1e-6))
    expect(divided.scaling).toEqual({ kind: 'llama3', factor: 8 })
  })

  it.each([
    ['too few divisors', [1, 1]],
    ['a divisor of 0', [1, 0, 1, 1]],
    ['a NaN divisor', [1, Number.NaN, 1, 1]],
    ['a negative divisor', [-1, 1, 1, 1]]
  ])('refuses %s', (_what, divisors) => {
    expect(() => ropeFrequencies('file', 10_000, 8, { kind: 'divisors', divisors })).toThrow(/rope_freqs.weight/u)
  })
})
