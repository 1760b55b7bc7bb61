import { describe, expect, it } from 'vitest'
import { float32ArrayText, float32Text } from './float32-text'

describe('float32 as JSON text', () => {
  it('reads back to the same bits, over the whole range', () => {
    const words = new Uint32Array(1)
    const floats = new Float32Array(words.buffer)
    let state = 1
    for (let trial = 0; trial < 200_000; trial += 1) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      words[0] = state
      const value = floats[0] as number
      if (!Number.isFinite(value)) continue
      const back = Float32Array.of(JSON.parse(float32Text(value)) as number)
      expect(Object.is(back[0], value) ? 0 : value).toBe(0)
    }
  })

  it('special values are valid JSON', () => {
    const values = JSON.parse(
      float32ArrayText(Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e-45, 3.4028234663852886e38))
    ) as unknown[]
    expect(values.slice(0, 3)).toEqual([null, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    expect(Object.is(values[3], -0)).toBe(true)
    expect(Math.fround(values[4] as number)).toBe(Math.fround(1e-45))
    expect(values[5]).toBeCloseTo(3.4028234663852886e38, -30)
  })
})
