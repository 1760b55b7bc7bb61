import { describe, expect, test } from 'vitest'
import { TIMED_BLOCKS, TRACE_STATS_WORDS, tracePointCount } from '../model/trace-points'
import { decodeDataFrame, encodeDataFrame } from './data-frame'
import { FRAME_HEADER_BYTES, readFrameHeader } from './frame-header'
import { decodeTokenFrame, encodeTokenFrame, type TokenFrameSource } from './token-frame'

function source(count: number, candidates: number, layers: number, overrides: Partial<TokenFrameSource> = {}): TokenFrameSource {
  const text = new TextEncoder().encode('ñ'.repeat(count))
  const fill = (length: number, start: number): Float32Array => Float32Array.from({ length }, (_, i) => start + i / 7)
  return {
    handle: 7,
    sequence: 3,
    phase: 'generated',
    recorded: false,
    count,
    candidatesPerStep: candidates,
    layerCount: layers,
    sentAtMilliseconds: 1234.5,
    endMilliseconds: Float64Array.from({ length: count }, (_, i) => 1e-3 + i),
    positions: Int32Array.from({ length: count }, (_, i) => i + 10),
    inputIds: new Int32Array(count).fill(5),
    ids: new Int32Array(count).fill(-1),
    ranks: new Int32Array(count).fill(2),
    logitNanCounts: new Uint32Array(count).fill(1),
    textEnds: Uint32Array.from({ length: count }, (_, i) => 2 * (i + 1)),
    chosenLogits: fill(count, 1),
    logProbabilities: fill(count, Number.NaN),
    samplerLogProbabilities: fill(count, -2),
    logSumExps: fill(count, 3),
    entropies: fill(count, 4),
    margins: fill(count, Number.POSITIVE_INFINITY),
    stepMilliseconds: fill(count, 5),
    candidateIds: new Int32Array(count * candidates).fill(9),
    candidateLogits: fill(count * candidates, 6),
    blockMilliseconds: fill(count * (layers + 1) * TIMED_BLOCKS.length, 0.25),
    stats: new Uint8Array(count * tracePointCount(layers) * TRACE_STATS_WORDS * 4).fill(1),
    text,
    ...overrides
  }
}

describe('token frames', () => {
  for (const [count, candidates, layers] of [
    [0, 0, 1],
    [1, 0, 1],
    [1, 10, 3],
    [7, 3, 22],
    [2, 64, 80]
  ] as const)
    test(`${count} rows, ${candidates} candidates, ${layers} layers come back as they went`, () => {
      const sent = source(count, candidates, layers)
      const got = decodeTokenFrame(encodeTokenFrame(sent))
      const { stats, ...columns } = sent
      expect(got).toMatchObject(columns)
      expect(new Uint8Array(got.statsFloats.buffer, got.statsFloats.byteOffset, got.statsFloats.byteLength)).toEqual(stats)
      expect(got.pointCount).toBe(count === 0 ? 0 : tracePointCount(layers))
    })

  test('without statistics, times and text the columns are empty', () => {
    const got = decodeTokenFrame(
      encodeTokenFrame(source(2, 0, 4, { stats: new Uint8Array(0), blockMilliseconds: new Float32Array(0), text: new Uint8Array(0) }))
    )
    expect([got.pointCount, got.statsFloats.length, got.blockMilliseconds.length, got.text.length]).toEqual([0, 0, 0, 0])
  })

  test('a column of the wrong length is the sender’s bug and is named', () => {
    expect(() => encodeTokenFrame(source(2, 1, 1, { margins: new Float32Array(3) }))).toThrow('column margins has 12 bytes, expected 8')
  })

  test('every cut of a frame is refused', () => {
    const whole = encodeTokenFrame(source(1, 2, 1))
    for (let length = 0; length < whole.byteLength; length += 13) expect(() => decodeTokenFrame(whole.slice(0, length))).toThrow(RangeError)
  })

  test('sizes in the header that would not fit are refused before anything is allocated', () => {
    const whole = encodeTokenFrame(source(1, 2, 1))
    for (const offset of [24, 28, 32, 36, 40]) {
      const bad = whole.slice()
      new DataView(bad.buffer).setUint32(offset, 0xffff_ffff, true)
      expect(() => decodeTokenFrame(bad)).toThrow(RangeError)
    }
  })

  test('foreign bytes are named', () => {
    expect(() => readFrameHeader(new Uint8Array(FRAME_HEADER_BYTES))).toThrow('expected the magic')
    const old = encodeTokenFrame(source(1, 0, 1))
    new DataView(old.buffer).setUint16(4, 99, true)
    expect(() => readFrameHeader(old)).toThrow('found 99')
  })
})

describe('data frames', () => {
  const arrays = {
    logits: Float32Array.of(1, Number.NaN, -0),
    ids: Int32Array.of(-1),
    none: new Uint8Array(0),
    removedBy: Uint8Array.of(1, 2, 3, 4, 5),
    times: Float64Array.of(1e-300)
  }
  test('arrays of every type come back as they went', () => {
    const got = decodeDataFrame(encodeDataFrame(42, arrays))
    expect(got).toEqual({ requestId: 42, arrays })
  })
  test('one memory under two names travels once; a name of nothing, or of another kind, is refused', () => {
    const logits = Float32Array.from({ length: 64 }, (_, id) => id)
    const whole = encodeDataFrame(1, { logits, biased: logits, other: logits.slice() })
    const alone = encodeDataFrame(1, { logits, biased: logits.slice(), other: logits.slice() })
    expect(whole.byteLength).toBeLessThan(alone.byteLength)
    const got = decodeDataFrame(whole).arrays
    expect(got).toEqual({ logits, biased: logits, other: logits })
    expect(got['biased']).toBe(got['logits'])
    const at = new TextDecoder('latin1').decode(whole).lastIndexOf('"same":"logits"') + 8
    for (const name of ['absent', '__prot']) {
      whole.set(new TextEncoder().encode(name), at)
      expect(() => decodeDataFrame(whole)).toThrow(RangeError)
    }
  })
  test('a misaligned message is copied, not refused', () => {
    const whole = encodeDataFrame(1, arrays)
    const shifted = new Uint8Array(whole.byteLength + 3)
    shifted.set(whole, 3)
    expect(decodeDataFrame(shifted.subarray(3)).arrays).toEqual(arrays)
  })
  test('every cut and every changed directory is refused', () => {
    const whole = encodeDataFrame(1, arrays)
    for (let length = 0; length < whole.byteLength; length += 7) expect(() => decodeDataFrame(whole.slice(0, length))).toThrow()
    const text = new TextDecoder('latin1').decode(whole)
    const at = text.lastIndexOf('"length":3')
    whole[at + 9] = '9'.charCodeAt(0)
    expect(() => decodeDataFrame(whole)).toThrow(RangeError)
  })
})
