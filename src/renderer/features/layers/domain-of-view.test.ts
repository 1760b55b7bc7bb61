import { expect, it } from 'vitest'
import { TRACE_STATS_WORDS, tracePointCount } from '../../../shared/model/trace-points'
import { PositionMatrix, PYRAMID_LEVELS, TraceStatistics } from '../../statistics'
import { domainOf, settledDomain } from './domain-of-view'
import { indexOfCursor, rowsOfMode, tensorName } from './matrices'

function statisticsOf(absmax: (position: number) => number): PositionMatrix {
  const trace = new TraceStatistics(1)
  for (let position = 0; position < 200; position++) {
    const words = new Uint32Array(tracePointCount(1) * TRACE_STATS_WORDS)
    const floats = new Float32Array(words.buffer)
    for (let row = 0; row < trace.rows; row++) {
      floats[row * TRACE_STATS_WORDS + 4] = absmax(position)
      words[row * TRACE_STATS_WORDS + 8] = position
    }
    trace.write(position, words)
  }
  return new PositionMatrix(trace, [1, 2], PYRAMID_LEVELS)
}

it('a log domain starts at the smallest positive value; counts start at zero', () => {
  const matrix = statisticsOf((position) => (position < 20 ? 0 : position))
  expect(domainOf(matrix, 'absmax', 'log')?.low).toBeGreaterThanOrEqual(20)
  expect(domainOf(matrix, 'absmax', 'linear')?.low).toBe(0)
  expect(domainOf(matrix, 'zero', 'linear')).toEqual({ low: 0, high: 199 })
  expect(domainOf(matrix, 'nan', 'log')).toEqual({ low: 0.5, high: 1 })
})

it('keeps the domain until it moves by a tenth', () => {
  const before = { low: 1, high: 100 }
  expect(settledDomain(before, { low: 1, high: 105 }, 'linear')).toBe(before)
  expect(settledDomain(before, { low: 1, high: 150 }, 'linear')).toEqual({ low: 1, high: 150 })
  expect(settledDomain(before, { low: 0.9, high: 120 }, 'log')).toBe(before)
  expect(settledDomain(undefined, before, 'log')).toBe(before)
})

it('names tensors and lists rows', () => {
  expect(tensorName(0, 2)).toBe('embedding')
  expect(tensorName(14, 2)).toBe('1 · attn_norm')
  expect(rowsOfMode('layer-token', 3, 0, 'q')).toEqual([2, 15, 28])
  expect(rowsOfMode('layer-token', 3, 0, 'logits')).toEqual([41])
  expect(rowsOfMode('operation-token', 3, 1, 'q')).toHaveLength(13)
  expect(rowsOfMode('everything', 3, 1, 'q')).toHaveLength(42)
  expect(indexOfCursor(1, 'q', 3)).toBe(15)
  expect(indexOfCursor(-1, 'embedding', 3)).toBe(0)
  expect(indexOfCursor(undefined, 'q', 3)).toBeUndefined()
})
