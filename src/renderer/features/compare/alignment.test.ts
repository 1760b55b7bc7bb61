import { expect, it } from 'vitest'
import { type ComparedRun, forkOf, medianStep, sameTokens } from './alignment'

const run = (ids: readonly number[], steps: readonly number[] = []): ComparedRun => ({
  tokenCount: ids.length,
  ids: { values: ids },
  stepMilliseconds: { values: steps },
  promptCount: 2,
  rowEnd: steps.length
})

it('finds where texts part', () => {
  expect(forkOf(run([1, 2, 3]), run([1, 2, 4]))).toBe(2)
  expect(forkOf(run([1, 2, 3]), run([1, 2]))).toBe(2)
  expect(sameTokens(run([1, 2, 3]), run([1, 2]))).toBe(true)
  expect(sameTokens(run([1]), run([2]))).toBe(false)
})

it('the median leaves the prompt out', () => {
  expect(medianStep(run([1, 2, 3, 4], [99, 5, 7, 6]))).toBe(6)
  expect(medianStep(run([]))).toBeNaN()
})
