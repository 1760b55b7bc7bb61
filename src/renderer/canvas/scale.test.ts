import { describe, expect, it } from 'vitest'
import { makeColorMapper } from './heatmap/color-mapper'
import { makeScale, niceTicks, paletteStep, SCALE_KINDS } from './scale'

describe('scales', () => {
  it('map the domain to 0..1 and back', () => {
    for (const kind of SCALE_KINDS) {
      const scale = makeScale(kind, { low: 0.01, high: 100 })
      const { low, high } = scale.domain
      expect(scale.position(low)).toBeCloseTo(0, 12)
      expect(scale.position(high)).toBeCloseTo(1, 12)
      for (const at of [0.1, 0.25, 0.5, 0.9]) expect(scale.position(scale.value(at))).toBeCloseTo(at, 9)
    }
  })

  it('symmetric puts zero in the middle and spans the larger side', () => {
    const scale = makeScale('symmetric', { low: -3, high: 120 })
    expect(scale.domain).toEqual({ low: -120, high: 120 })
    expect(scale.position(0)).toBe(0.5)
    expect(scale.position(-7)).toBeCloseTo(1 - scale.position(7), 12)
  })

  it('survive empty and unfit domains', () => {
    for (const kind of SCALE_KINDS) {
      for (const domain of [
        { low: 0, high: 0 },
        { low: 5, high: 5 },
        { low: -4, high: -4 },
        { low: -9, high: 0 }
      ]) {
        const scale = makeScale(kind, domain)
        for (const value of [-10, 0, 1e-30, 5, 1e30]) {
          const step = paletteStep(scale, value, 256)
          expect(step).toBeGreaterThanOrEqual(0)
          expect(step).toBeLessThan(256)
        }
        for (const tick of scale.ticks(5)) expect(Number.isFinite(tick)).toBe(true)
      }
    }
  })

  it('ticks are round and inside', () => {
    expect(niceTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
    expect(makeScale('log', { low: 0.002, high: 3000 }).ticks(6)).toEqual([0.01, 0.1, 1, 10, 100, 1000])
    expect(makeScale('log', { low: 2, high: 7 }).ticks(5)).toEqual([2, 3, 4, 5, 6, 7])
    expect(makeScale('symmetric', { low: -1, high: 1 }).ticks(4)).toContain(0)
  })

  it('the table-driven colour is at most two steps from the exact one', () => {
    const colors = Uint32Array.from({ length: 256 }, (_, step) => step)
    for (const kind of SCALE_KINDS) {
      const scale = makeScale(kind, { low: 1e-4, high: 50 })
      const map = makeColorMapper(scale, colors)
      for (let exponent = -6; exponent <= 3; exponent += 0.017) {
        for (const sign of [1, -1]) {
          const value = Math.fround(sign * 10 ** exponent)
          expect(Math.abs(map(value) - paletteStep(scale, value, 256))).toBeLessThanOrEqual(2)
        }
      }
      expect(map(0)).toBe(paletteStep(scale, 0, 256))
    }
  })
})
