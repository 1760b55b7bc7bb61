import { expect, test } from 'vitest'
import type { StepBatch } from '../engine/session/types'
import { decodeTokenFrame, encodeTokenFrame, type TokenFrame } from '../shared/protocol'
import { FrameCoalescer } from './frame-coalescer'

function batch(first: number, count: number, phase: 'prompt' | 'generated' = 'generated'): StepBatch {
  const floats = (): Float32Array => Float32Array.from({ length: count }, (_, i) => first + i)
  return {
    count,
    phase,
    positions: Int32Array.from({ length: count }, (_, i) => first + i),
    inputIds: new Int32Array(count),
    ids: Int32Array.from({ length: count }, (_, i) => first + i + 1),
    chosenLogits: floats(),
    logProbabilities: floats(),
    samplerLogProbabilities: floats(),
    logSumExps: floats(),
    entropies: floats(),
    ranks: new Int32Array(count),
    margins: floats(),
    logitNanCounts: new Uint32Array(count),
    candidatesPerStep: 1,
    candidateIds: Int32Array.from({ length: count }, (_, i) => first + i + 1),
    candidateLogits: floats(),
    stepMilliseconds: floats(),
    endMilliseconds: Float64Array.from({ length: count }, (_, i) => first + i),
    speculated: new Uint8Array(count),
    rowsKept: new Uint8Array(count)
  }
}

function collector(): { readonly coalescer: FrameCoalescer; readonly frames: TokenFrame[] } {
  const frames: TokenFrame[] = []
  const coalescer = new FrameCoalescer(2, (body) =>
    frames.push(decodeTokenFrame(encodeTokenFrame({ ...body, handle: 1, sequence: frames.length, recorded: false, sentAtMilliseconds: 0 })))
  )
  return { coalescer, frames }
}
const textOf = (frame: TokenFrame, row: number): string =>
  new TextDecoder().decode(frame.text.subarray(row === 0 ? 0 : frame.textEnds[row - 1], frame.textEnds[row]))

test('batches of one phase become one frame, phases stay apart, order is kept', () => {
  const { coalescer, frames } = collector()
  coalescer.pushBatch(batch(0, 4, 'prompt'))
  coalescer.pushBatch(batch(4, 1))
  coalescer.pushBatch(batch(5, 3))
  coalescer.flush()
  coalescer.flush()
  expect(frames.map((frame) => [frame.phase, [...frame.positions]])).toEqual([
    ['prompt', [0, 1, 2, 3]],
    ['generated', [4, 5, 6, 7]]
  ])
  expect([...(frames[1]?.endMilliseconds ?? [])]).toEqual([4, 5, 6, 7])
})

test('text lies at the row whose token completed it, over frames and characters of several tokens', () => {
  const { coalescer, frames } = collector()
  coalescer.pushBatch(batch(10, 3))
  coalescer.pushText('Él', 1)
  coalescer.pushText(' 🦊', 3) // token 2 was half a character
  coalescer.flush()
  coalescer.pushBatch(batch(13, 2))
  coalescer.pushText('!', 5)
  coalescer.flush()
  const rows = frames.flatMap((frame) => Array.from({ length: frame.count }, (_, row) => textOf(frame, row)))
  expect(rows).toEqual(['Él', '', ' 🦊', '', '!'])
})
