import { expect, test } from 'vitest'
import { windowOf } from './row-window'

test('the rows in sight and a few beyond, never outside the list', () => {
  expect(windowOf(0, 240, 24, 152_064)).toEqual({ first: 0, end: 18 })
  expect(windowOf(24 * 1000, 240, 24, 152_064)).toEqual({ first: 992, end: 1018 })
  expect(windowOf(24 * 152_054, 240, 24, 152_064)).toEqual({ first: 152_046, end: 152_064 })
  expect(windowOf(0, 240, 24, 3)).toEqual({ first: 0, end: 3 })
  expect(windowOf(0, 240, 24, 0)).toEqual({ first: 0, end: 0 })
  expect(windowOf(99_999, 240, 24, 5)).toEqual({ first: 0, end: 5 })
})
