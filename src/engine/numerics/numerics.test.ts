import { describe, expect, it } from 'vitest'
import { bandOf, limitsFor } from './bands'
import { argmax, kullbackLeibler, logSumExp, topIndices } from './distribution'
import { percentilesOf, quantile } from './percentiles'
import { comparePosition, summarizeComparison } from './position-comparison'
import { sameBits, tensorError } from './tensor-error'

describe('distribution', () => {
  it('logSumExp neither overflows nor underflows', () => {
    expect(logSumExp(Float32Array.of(1000, 1000))).toBeCloseTo(1000 + Math.log(2), 12)
    expect(logSumExp(Float32Array.of(-1000, -1000))).toBeCloseTo(-1000 + Math.log(2), 12)
    expect(logSumExp(Float32Array.of(-Infinity, 3))).toBe(3)
    expect(logSumExp(new Float32Array(0))).toBe(-Infinity)
    expect(logSumExp(Float32Array.of(1, Number.NaN))).toBeNaN()
  })

  it('argmax and topIndices break ties to the lowest index and skip NaN', () => {
    const row = Float32Array.of(1, 7, Number.NaN, 7, 3, -Infinity)
    expect(argmax(row)).toBe(1)
    expect(topIndices(row, 3)).toEqual([1, 3, 4])
    expect(topIndices(row, 9)).toEqual([1, 3, 4, 0, 5])
    expect(argmax(Float32Array.of(-Infinity))).toBe(0)
    expect(argmax(Float32Array.of(Number.NaN))).toBe(-1)
  })

  it('KL divergence of two known distributions', () => {
    const p = Float32Array.of(Math.log(0.5), Math.log(0.5))
    const q = Float32Array.of(Math.log(0.9), Math.log(0.1))
    expect(kullbackLeibler(p, q)).toBeCloseTo(0.5 * Math.log(0.5 / 0.9) + 0.5 * Math.log(0.5 / 0.1), 6)
    expect(kullbackLeibler(p, p)).toBe(0)
    // A constant added to all logits changes nothing.
    expect(
      kullbackLeibler(
        p,
        Float32Array.from(p, (value) => value + 4)
      )
    ).toBeCloseTo(0, 6)
    expect(kullbackLeibler(p, Float32Array.of(Number.NaN, 0))).toBeNaN()
  })
})

describe('tensorError', () => {
  it('is zero and bit-equal for the same bits, and tells 0 from -0', () => {
    const row = Float32Array.of(1, Number.NaN, -Infinity, 0)
    expect(tensorError(row, row)).toMatchObject({ nmse: 0, bitEqual: true, worstIndex: -1, nonFiniteMismatches: 0 })
    expect(sameBits(Float32Array.of(0), Float32Array.of(-0))).toBe(false)
    expect(tensorError(Float32Array.of(0), Float32Array.of(-0))).toMatchObject({ nmse: 0, bitEqual: false })
  })

  it('measures known differences and names the worst element', () => {
    const error = tensorError(Float32Array.of(3, 4), Float32Array.of(3, 4.5))
    expect(error.nmse).toBeCloseTo(0.25 / 25, 12)
    expect(error).toMatchObject({ maxAbsoluteDifference: 0.5, worstIndex: 1 })
  })

  it('a NaN or infinity on one side only makes the error infinite', () => {
    const error = tensorError(Float32Array.of(1, 2, 3), Float32Array.of(1, Number.NaN, 3))
    expect(error).toMatchObject({ nmse: Infinity, nonFiniteMismatches: 1, firstMismatchIndex: 1 })
    expect(tensorError(Float32Array.of(Infinity), Float32Array.of(-Infinity)).nonFiniteMismatches).toBe(1)
  })

  it('handles empty rows and refuses unequal ones', () => {
    expect(tensorError(new Float32Array(0), new Float32Array(0))).toMatchObject({ nmse: 0, bitEqual: true, count: 0 })
    expect(() => tensorError(new Float32Array(1), new Float32Array(2))).toThrow(/1 reference values against 2/)
  })
})

describe('percentiles', () => {
  it('interpolates between neighbours and counts NaN', () => {
    expect(quantile(Float64Array.of(0, 10), 0.25)).toBe(2.5)
    const result = percentilesOf([4, Number.NaN, 1, 3, 2])
    expect(result).toMatchObject({ count: 4, nanCount: 1, mean: 2.5, median: 2.5, minimum: 1, maximum: 4 })
    expect(percentilesOf([]).median).toBeNaN()
    expect(percentilesOf([Infinity, Infinity]).median).toBe(Infinity)
  })
})

describe('comparison of positions', () => {
  const row = Float32Array.of(2, 1, 0, -1, -2, -3)

  it('sees identical rows as identical', () => {
    const entry = comparePosition(7, 1, row, row)
    expect(entry).toMatchObject({
      position: 7,
      klDivergence: 0,
      nmse: 0,
      sameTop1: true,
      top5Agreement: 1,
      bitEqual: true,
      probabilityDifference: 0
    })
  })

  it('summarises flips, perplexity and the worst positions', () => {
    const flipped = Float32Array.of(1, 2, 0, -1, -2, -3)
    const entries = [comparePosition(0, 0, row, row), comparePosition(1, 0, row, flipped), comparePosition(2, -1, row, row)]
    const summary = summarizeComparison(entries)
    expect(summary.sameTop1Share).toBeCloseTo(2 / 3, 12)
    expect(summary.worstPositions[0]).toBe(1)
    expect(summary.bitEqualPositions).toBe(2)
    expect(summary.probabilityDifference.count).toBe(2)
    const logP = 2 - logSumExp(row)
    expect(summary.referencePerplexity).toBeCloseTo(Math.exp(-logP), 6)
    expect(summary.perplexityRatio).toBeCloseTo(Math.exp(0.5), 6)
  })
})

describe('bands', () => {
  it('names them by NMSE, and keeps bit-identity apart', () => {
    expect(bandOf(0, true)).toBe('bit-identical')
    expect(bandOf(0, false)).toBe('identical')
    expect(bandOf(5e-4, false)).toBe('very good')
    expect(bandOf(Number.NaN, false)).toBe('broken')
    expect(bandOf(Infinity, false)).toBe('broken')
  })

  it('asks more of the same weights than of other weights', () => {
    const same = limitsFor({ sameWeights: true, sameKvType: true, halfKvCache: false, precision: 'f32', weightBits: 4 })
    const other = limitsFor({ sameWeights: false, sameKvType: true, halfKvCache: false, precision: 'f32', weightBits: 4 })
    expect(same.logitsNmse).toBeLessThan(other.logitsNmse)
  })
})
