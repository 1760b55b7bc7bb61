import { expect, it } from 'vitest'
import { TRACE_STATS_WORDS, tracePointCount } from '../../shared/model/trace-points'
import { relativeDifference } from '../../shared/model/relative-difference'
import { DifferenceStatistics } from './difference-statistics'
import { SEVERITY } from './severity'
import { TraceStatistics } from './trace-statistics'

const LAYERS = 2
const ROWS = tracePointCount(LAYERS)

function words(rms: (row: number) => number, nanRow = -1): Uint32Array {
  const made = new Uint32Array(ROWS * TRACE_STATS_WORDS)
  const floats = new Float32Array(made.buffer)
  for (let row = 0; row < ROWS; row++) {
    floats[row * TRACE_STATS_WORDS + 3] = rms(row)
    made[row * TRACE_STATS_WORDS + 8] = 1
    if (row === nanRow) made[row * TRACE_STATS_WORDS + 5] = 1
  }
  return made
}

it('relative differences', () => {
  expect([
    relativeDifference(1, 1),
    relativeDifference(0, -0),
    relativeDifference(1, 0),
    relativeDifference(2, 1),
    relativeDifference(-1, 1)
  ]).toEqual([0, 0, 1, 0.5, 2])
})

it('finds the first and the largest difference, and the worse severity', () => {
  const a = new TraceStatistics(LAYERS)
  const b = new TraceStatistics(LAYERS)
  for (let position = 0; position < 40; position++) {
    a.write(
      position,
      words((row) => row + 1)
    )
    b.write(
      position,
      words((row) => (position === 9 && row === 5 ? 6.06 : position === 30 && row === 2 ? 30 : row + 1), position === 12 ? 4 : -1)
    )
  }
  const difference = new DifferenceStatistics(a, b, 'rms')
  difference.update()
  expect(difference.end).toBe(40)
  expect(difference.first).toMatchObject({ position: 9, traceIndex: 5 })
  expect(difference.first?.difference).toBeCloseTo(0.0099, 4)
  expect(difference.largest).toMatchObject({ position: 30, traceIndex: 2, difference: Math.fround(0.9) === 0 ? 0 : 0.9 })
  expect([0, 1, 40, 99].map((position) => difference.cellsBefore(position))).toEqual([0, ROWS, 40 * ROWS, 40 * ROWS])
  expect(difference.severity(12, 4)).toBe(SEVERITY.nan)
  expect(difference.value('rms', 8, 5)).toBe(0)
  expect(difference.valuePyramid().level(1).greatest.get(2, 5)).toBeCloseTo(0.0099, 4)
})

it('follows growth and rewinds of either run', () => {
  const a = new TraceStatistics(LAYERS)
  const b = new TraceStatistics(LAYERS)
  const difference = new DifferenceStatistics(a, b, 'rms')
  for (let position = 0; position < 20; position++) {
    a.write(
      position,
      words(() => 1)
    )
    b.write(
      position,
      words(() => (position === 15 ? 2 : 1))
    )
    difference.update()
  }
  expect(difference.first?.position).toBe(15)
  const revision = difference.revision
  b.write(
    15,
    words(() => 1)
  )
  difference.update()
  expect(difference.end).toBe(16)
  expect(difference.first).toBeUndefined()
  expect(difference.dirtySince(revision)).toBe(15)
  expect(difference.valuePyramid().level(1).greatest.get(3, 0)).toBe(0)
})

it('refuses runs of different shapes', () => {
  expect(() => new DifferenceStatistics(new TraceStatistics(1), new TraceStatistics(2), 'rms')).toThrow(/1 and 2 layers/)
})
