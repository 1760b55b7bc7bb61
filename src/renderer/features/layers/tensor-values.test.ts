import { expect, it } from 'vitest'
import { factsOf, histogramOf } from './tensor-values'

it('finds the first bad element and the largest finite one', () => {
  expect(factsOf(Float32Array.of(1, -9, 2, Infinity, Number.NaN))).toEqual({ firstBad: 3, largest: 1, least: -9, greatest: 2 })
  expect(factsOf(Float32Array.of(Number.NaN))).toMatchObject({ firstBad: 0, largest: -1 })
  expect(factsOf(new Float32Array(0))).toMatchObject({ firstBad: -1, largest: -1 })
})

it('a histogram counts every finite value once', () => {
  const values = Float32Array.of(0, 0.1, 0.5, 0.99, 1, Number.NaN)
  const bins = histogramOf(values, 4)
  expect(bins.map((bin) => bin.count)).toEqual([2, 0, 1, 2])
  expect(bins[0]?.from).toBe(0)
  expect(bins[3]?.to).toBe(1)
  expect(histogramOf(Float32Array.of(7, 7), 8)).toEqual([{ from: 7, to: 7, count: 2 }])
  expect(histogramOf(Float32Array.of(Infinity), 8)).toEqual([])
})
