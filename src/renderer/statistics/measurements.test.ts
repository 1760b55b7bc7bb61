import { expect, it } from 'vitest'
import { TIMED_BLOCKS, TRACE_STATS_WORDS, tracePointCount } from '../../shared/model/trace-points'
import { decodeTokenFrame, encodeTokenFrame } from '../../shared/protocol/token-frame'
import { Measurements } from './measurements'

const LAYERS = 2
const POINTS = tracePointCount(LAYERS)
const BLOCK_WIDTH = (LAYERS + 1) * TIMED_BLOCKS.length

/** A frame as it comes over the wire, of `count` rows from `position` on. */
function frame(
  handle: number,
  position: number,
  count: number,
  options: { readonly stats: boolean; readonly phase: 'prompt' | 'generated' }
) {
  const column = (value: (row: number) => number) => Float32Array.from({ length: count }, (_, row) => value(row))
  const integers = (value: (row: number) => number) => Int32Array.from({ length: count }, (_, row) => value(row))
  const words = new Uint32Array(count * POINTS * TRACE_STATS_WORDS)
  const floats = new Float32Array(words.buffer)
  for (let cell = 0; cell < count * POINTS; cell++) {
    floats[cell * TRACE_STATS_WORDS + 4] = position * 1000 + cell
    words[cell * TRACE_STATS_WORDS + 8] = 1
  }
  return decodeTokenFrame(
    encodeTokenFrame({
      handle,
      sequence: 0,
      phase: options.phase,
      recorded: false,
      count,
      candidatesPerStep: 0,
      layerCount: LAYERS,
      sentAtMilliseconds: 0,
      endMilliseconds: new Float64Array(count),
      positions: integers((row) => position + row),
      inputIds: integers((row) => 100 + position + row),
      ids: integers((row) => 101 + position + row),
      ranks: integers(() => 0),
      logitNanCounts: new Uint32Array(count),
      textEnds: new Uint32Array(count),
      chosenLogits: column(() => 0),
      logProbabilities: column(() => 0),
      samplerLogProbabilities: column(() => 0),
      logSumExps: column(() => 0),
      entropies: column(() => 0),
      margins: column(() => 0),
      stepMilliseconds: column((row) => position + row + 0.5),
      candidateIds: new Int32Array(0),
      candidateLogits: new Float32Array(0),
      blockMilliseconds: Float32Array.from({ length: count * BLOCK_WIDTH }, (_, index) => index),
      stats: options.stats ? new Uint8Array(words.buffer) : new Uint8Array(0),
      text: new Uint8Array(0)
    })
  )
}

it('takes statistics, times and ids of several rows from a frame', () => {
  const book = new Measurements()
  book.receive(frame(7, 0, 3, { stats: true, phase: 'prompt' }))
  book.receive(frame(7, 3, 1, { stats: true, phase: 'generated' }))
  const run = book.of(7)
  expect(run?.trace?.end).toBe(4)
  expect(run?.trace?.value('absmax', 2, 5)).toBe(2 * POINTS + 5)
  expect(run?.trace?.value('absmax', 3, 5)).toBe(3005)
  expect(run?.inputIds).toEqual([100, 101, 102, 103])
  expect(run?.timings.step(2)).toBe(2.5)
  expect(run?.timings.isGenerated(2)).toBe(false)
  expect(run?.timings.isGenerated(3)).toBe(true)
  expect(run?.timings.block(1, 2, 3)).toBe(BLOCK_WIDTH + 2 * TIMED_BLOCKS.length + 3)
  expect(run?.timings.blockTotal(0, 1)).toBe(1 + 9 + 17)
})

it('a rewind replaces what followed; a row without statistics leaves a gap, not old numbers', () => {
  const book = new Measurements()
  book.receive(frame(1, 0, 6, { stats: true, phase: 'prompt' }))
  book.receive(frame(1, 2, 1, { stats: false, phase: 'generated' }))
  const run = book.of(1)
  expect(run?.inputIds).toEqual([100, 101, 102])
  expect(run?.trace?.end).toBe(2)
  expect(run?.timings.end).toBe(3)
})

it('runs are apart, listeners are told, clear() forgets all', () => {
  const book = new Measurements()
  const told: number[] = []
  const stop = book.subscribe((handle) => told.push(handle))
  book.receive(frame(1, 0, 1, { stats: true, phase: 'prompt' }))
  book.receive(frame(2, 0, 1, { stats: false, phase: 'prompt' }))
  expect(book.of(2)?.trace).toBeUndefined()
  book.clear()
  stop()
  book.receive(frame(3, 0, 1, { stats: true, phase: 'prompt' }))
  expect(told).toEqual([1, 2, -1])
  expect(book.of(1)).toBeUndefined()
  expect(book.of(undefined)).toBeUndefined()
})
