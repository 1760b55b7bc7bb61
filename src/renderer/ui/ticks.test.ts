import { expect, test } from 'vitest'
import { logTicks, niceTicks, tickText, wholeTicks } from './ticks'

test('ticks are round numbers inside the range', () => {
  expect(niceTicks(1.84, 4.68)).toEqual([2, 3, 4])
  expect(niceTicks(-0.613, 0.54)).toEqual([-0.5, 0, 0.5])
  expect(niceTicks(0, 1)).toEqual([0, 0.5, 1])
  expect(niceTicks(0, 0.3)).toEqual([0, 0.1, 0.2, 0.3])
  expect(niceTicks(7, 7)).toEqual([7])
  expect(niceTicks(3, 1)).toEqual([])
  expect(niceTicks(Number.NaN, 1)).toEqual([])
  expect(niceTicks(0, Infinity)).toEqual([])
})

test('whole numbers: every one of a few, round ones of many', () => {
  expect(wholeTicks(0, 3)).toEqual([0, 1, 2, 3])
  expect(wholeTicks(0, 7)).toEqual([0, 2, 4, 6])
  expect(wholeTicks(0, 124)).toEqual([0, 50, 100])
  expect(wholeTicks(5, 5)).toEqual([5])
  expect(wholeTicks(5, 124).every(Number.isInteger)).toBe(true)
})

test('a logarithmic axis has powers of ten, or round values within one decade', () => {
  expect(logTicks(4e-14, 1e-6)).toEqual([1e-13, 1e-11, 1e-9, 1e-7])
  expect(logTicks(0.5, 200)).toEqual([1, 10, 100])
  expect(logTicks(1.4, 3.5)).toEqual([2, 3])
  expect(logTicks(0, 5)).toEqual([])
})

test('axis texts are short', () => {
  expect([0, 0.25, -0.5, 1e-8, 2.5e-8, 40_000, 250_000, 1e6].map(tickText)).toEqual([
    '0',
    '0.25',
    '-0.5',
    '1e-8',
    '2.5e-8',
    '40000',
    '2.5e+5',
    '1e+6'
  ])
})
