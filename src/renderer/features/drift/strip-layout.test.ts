import { expect, test } from 'vitest'
import type { DriftStepData } from '../../../shared/protocol'
import { DriftSteps } from '../../store/drift'
import { layoutDrift } from './strip-layout'

const step = (position: number, layerErrors: readonly number[], flip = false): DriftStepData => ({
  position,
  layerErrors,
  klDivergence: 0,
  flip,
  referenceTop: 1,
  testTop: flip ? 2 : 1,
  lag: 0
})

test('a column per token, the last layer on top, and gaps where nothing was compared', () => {
  const drift = new DriftSteps()
  drift.take([step(4, [1e-7, 2e-7]), step(6, [3e-7, 4e-7], true)])
  const { bars, rows, errors, flips } = layoutDrift(drift, 2, 5, 8, 900)
  expect([bars, rows, flips]).toEqual([3, 2, [2]])
  expect(Array.from(errors, (value) => Number(value.toPrecision(3)))).toEqual([2e-7, NaN, 4e-7, 1e-7, NaN, 3e-7])
})

test('more layers than rows are grouped, more tokens than pixels are pooled, and the largest error stays', () => {
  const drift = new DriftSteps()
  drift.take(
    Array.from({ length: 100 }, (_, position) =>
      step(
        position,
        Array.from({ length: 20 }, (__, layer) => (position === 57 && layer === 13 ? 0.5 : 1e-6))
      )
    )
  )
  const { bars, rows, perBar, errors } = layoutDrift(drift, 20, 1, 101, 90)
  expect([rows, perBar, bars]).toEqual([8, 4, 25])
  expect(errors.filter((error) => error > 0.1)).toHaveLength(1)
  // Token 58 is the 58th column from 1, in bar 14; layer 13 of 20 is group 5 from below, row 2 from above.
  expect(errors[2 * bars + 14]).toBeCloseTo(0.5)
})

test('NaN of a comparison is the worst there is, a repeated step is counted once', () => {
  const drift = new DriftSteps()
  drift.take([step(0, [Number.NaN], true)])
  drift.take([step(0, [Number.NaN], true)])
  expect(layoutDrift(drift, 1, 1, 2, 100).errors[0]).toBe(Infinity)
  expect([drift.count, drift.flips]).toEqual([1, 1])
})
