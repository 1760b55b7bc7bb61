import { SKETCH_ROWS } from '../../shared/model/sketch'
import { TIMED_BLOCKS, TRACE_COUNT_FIELDS, TRACE_FLOAT_FIELDS, TRACE_STATS_WORDS, tracePointCount } from '../../shared/model/trace-points'
import type { TokenFrame, TokenFrameSource } from '../../shared/protocol'

/** Bits of RunColumns.captured. */
export const CAPTURED = { stats: 1, timings: 2, sketches: 4 } as const
export const PHASES = ['prompt', 'generated'] as const

/** Columns of one 4- or 8-byte value a row, by their TokenFrame name. */
const SCALARS = {
  endMilliseconds: Float64Array,
  positions: Int32Array,
  inputIds: Int32Array,
  ids: Int32Array,
  ranks: Int32Array,
  logitNanCounts: Uint32Array,
  chosenLogits: Float32Array,
  logProbabilities: Float32Array,
  samplerLogProbabilities: Float32Array,
  logSumExps: Float32Array,
  entropies: Float32Array,
  margins: Float32Array,
  stepMilliseconds: Float32Array
} as const
export type ScalarName = keyof typeof SCALARS
export const SCALAR_NAMES = Object.keys(SCALARS) as readonly ScalarName[]
type ScalarArray = Float64Array | Float32Array | Int32Array | Uint32Array

/** A whole run as columns: row i is one evaluated position, in the order they were computed. */
export interface RunColumns {
  readonly rowCount: number
  readonly layerCount: number
  readonly candidatesPerStep: number
  /** 0 when no row has statistics. */
  readonly pointCount: number
  readonly scalars: Readonly<Record<ScalarName, ScalarArray>>
  /** Index into PHASES. */
  readonly phases: Uint8Array
  /** CAPTURED bits: what the optional columns hold for this row. */
  readonly captured: Uint8Array
  /** rows × candidatesPerStep; -1 and NaN where a row has fewer. */
  readonly candidateIds: Int32Array
  readonly candidateLogits: Float32Array
  /** rows × (layers + 1) × blocks; empty when no row was timed. */
  readonly blockMilliseconds: Float32Array
  /** rows × layers × SKETCH_ROWS; empty when no row has sketches. */
  readonly sketches: Float32Array
  /** rows × points × TRACE_FLOAT_FIELDS and × TRACE_COUNT_FIELDS. */
  readonly statsFloats: Float32Array
  readonly statsCounts: Uint32Array
  readonly textEnds: Uint32Array
  readonly text: Uint8Array
}

const FLOATS = TRACE_FLOAT_FIELDS.length
const COUNTS = TRACE_COUNT_FIELDS.length
const blockCount = (layerCount: number): number => (layerCount + 1) * TIMED_BLOCKS.length

/** Joins the frames of one run. Frames that kept less than others leave NaN, -1 or 0, and `captured` says where. */
export function columnsOfFrames(frames: readonly TokenFrame[], layerCount: number): RunColumns {
  const rowCount = frames.reduce((sum, frame) => sum + frame.count, 0)
  const candidates = frames.reduce((most, frame) => Math.max(most, frame.candidatesPerStep), 0)
  const points = frames.some((frame) => frame.pointCount > 0) ? tracePointCount(layerCount) : 0
  const blocks = frames.some((frame) => frame.blockMilliseconds.length > 0) ? blockCount(layerCount) : 0
  const sketchValues = frames.some((frame) => frame.sketches.length > 0) ? layerCount * SKETCH_ROWS : 0
  const scalars = Object.fromEntries(SCALAR_NAMES.map((name) => [name, new SCALARS[name](rowCount)])) as Record<ScalarName, ScalarArray>
  const columns = {
    phases: new Uint8Array(rowCount),
    captured: new Uint8Array(rowCount),
    candidateIds: new Int32Array(rowCount * candidates).fill(-1),
    candidateLogits: new Float32Array(rowCount * candidates).fill(Number.NaN),
    blockMilliseconds: new Float32Array(rowCount * blocks),
    sketches: new Float32Array(rowCount * sketchValues),
    statsFloats: new Float32Array(rowCount * points * FLOATS),
    statsCounts: new Uint32Array(rowCount * points * COUNTS),
    textEnds: new Uint32Array(rowCount),
    text: new Uint8Array(frames.reduce((sum, frame) => sum + frame.text.byteLength, 0))
  }
  let row = 0
  let textBytes = 0
  for (const frame of frames) {
    for (const name of SCALAR_NAMES) scalars[name].set(frame[name], row)
    columns.phases.fill(PHASES.indexOf(frame.phase), row, row + frame.count)
    const timed = frame.blockMilliseconds.length > 0
    const sketched = frame.sketches.length > 0
    const captured = (frame.pointCount > 0 ? CAPTURED.stats : 0) | (timed ? CAPTURED.timings : 0) | (sketched ? CAPTURED.sketches : 0)
    columns.captured.fill(captured, row, row + frame.count)
    for (let index = 0; index < frame.count; index += 1) {
      const from = index * frame.candidatesPerStep
      columns.candidateIds.set(frame.candidateIds.subarray(from, from + frame.candidatesPerStep), (row + index) * candidates)
      columns.candidateLogits.set(frame.candidateLogits.subarray(from, from + frame.candidatesPerStep), (row + index) * candidates)
      columns.textEnds[row + index] = textBytes + (frame.textEnds[index] as number)
    }
    if (timed) columns.blockMilliseconds.set(frame.blockMilliseconds, row * blocks)
    if (sketched) columns.sketches.set(frame.sketches, row * sketchValues)
    splitStatistics(frame, row * points, columns.statsFloats, columns.statsCounts)
    columns.text.set(frame.text, textBytes)
    row += frame.count
    textBytes += frame.text.byteLength
  }
  return { rowCount, layerCount, candidatesPerStep: candidates, pointCount: points, scalars, ...columns }
}

function splitStatistics(frame: TokenFrame, firstPoint: number, floats: Float32Array, counts: Uint32Array): void {
  for (let point = 0; point < frame.count * frame.pointCount; point += 1) {
    const from = point * TRACE_STATS_WORDS
    floats.set(frame.statsFloats.subarray(from, from + FLOATS), (firstPoint + point) * FLOATS)
    counts.set(frame.statsCounts.subarray(from + FLOATS, from + TRACE_STATS_WORDS), (firstPoint + point) * COUNTS)
  }
}

/** Rows a replayed frame holds at most; a page draws the first of them while the rest are on their way. */
const FRAME_ROWS = 64

/** The frames a page is sent when it opens the run. A frame holds rows of one phase that captured the same. */
export function* framesOfColumns(columns: RunColumns, handle: number): Generator<TokenFrameSource> {
  let sequence = 0
  for (let from = 0; from < columns.rowCount; ) {
    let to = from + 1
    const same = (row: number): boolean => columns.phases[row] === columns.phases[from] && columns.captured[row] === columns.captured[from]
    while (to < columns.rowCount && to - from < FRAME_ROWS && same(to)) to += 1
    yield frameOfRows(columns, from, to, handle, sequence)
    sequence += 1
    from = to
  }
}

function frameOfRows(columns: RunColumns, from: number, to: number, handle: number, sequence: number): TokenFrameSource {
  const captured = columns.captured[from] as number
  const k = columns.candidatesPerStep
  const blocks = blockCount(columns.layerCount)
  const textFrom = from === 0 ? 0 : (columns.textEnds[from - 1] as number)
  const text = columns.text.subarray(textFrom, columns.textEnds[to - 1])
  const scalars = Object.fromEntries(SCALAR_NAMES.map((name) => [name, columns.scalars[name].subarray(from, to)]))
  return {
    ...(scalars as unknown as Pick<TokenFrame, ScalarName>),
    handle,
    sequence,
    phase: PHASES[columns.phases[from] as number] ?? 'generated',
    recorded: true,
    count: to - from,
    candidatesPerStep: k,
    layerCount: columns.layerCount,
    sentAtMilliseconds: Date.now(),
    textEnds: columns.textEnds.subarray(from, to).map((end) => end - textFrom),
    candidateIds: columns.candidateIds.subarray(from * k, to * k),
    candidateLogits: columns.candidateLogits.subarray(from * k, to * k),
    blockMilliseconds:
      (captured & CAPTURED.timings) === 0 ? new Float32Array(0) : columns.blockMilliseconds.subarray(from * blocks, to * blocks),
    sketches:
      (captured & CAPTURED.sketches) === 0
        ? new Float32Array(0)
        : columns.sketches.subarray(from * columns.layerCount * SKETCH_ROWS, to * columns.layerCount * SKETCH_ROWS),
    stats: (captured & CAPTURED.stats) === 0 ? new Uint8Array(0) : joinStatistics(columns, from, to),
    text
  }
}

function joinStatistics(columns: RunColumns, from: number, to: number): Uint8Array {
  const points = (to - from) * columns.pointCount
  const words = new Uint32Array(points * TRACE_STATS_WORDS)
  const floatBits = new Uint32Array(columns.statsFloats.buffer, columns.statsFloats.byteOffset, columns.statsFloats.length)
  const first = from * columns.pointCount
  for (let point = 0; point < points; point += 1) {
    const at = point * TRACE_STATS_WORDS
    words.set(floatBits.subarray((first + point) * FLOATS, (first + point + 1) * FLOATS), at)
    words.set(columns.statsCounts.subarray((first + point) * COUNTS, (first + point + 1) * COUNTS), at + FLOATS)
  }
  return new Uint8Array(words.buffer)
}

/** The first `rowCount` rows, as a copy that may be changed. */
export function firstRows(columns: RunColumns, rowCount: number): RunColumns {
  const k = columns.candidatesPerStep
  const blocks = columns.blockMilliseconds.length === 0 ? 0 : blockCount(columns.layerCount)
  const points = columns.pointCount
  const scalars = Object.fromEntries(SCALAR_NAMES.map((name) => [name, columns.scalars[name].slice(0, rowCount)]))
  return {
    rowCount,
    layerCount: columns.layerCount,
    candidatesPerStep: k,
    pointCount: points,
    scalars: scalars as Record<ScalarName, ScalarArray>,
    phases: columns.phases.slice(0, rowCount),
    captured: columns.captured.slice(0, rowCount),
    candidateIds: columns.candidateIds.slice(0, rowCount * k),
    candidateLogits: columns.candidateLogits.slice(0, rowCount * k),
    blockMilliseconds: columns.blockMilliseconds.slice(0, rowCount * blocks),
    sketches: columns.sketches.slice(0, rowCount * columns.layerCount * SKETCH_ROWS),
    statsFloats: columns.statsFloats.slice(0, rowCount * points * FLOATS),
    statsCounts: columns.statsCounts.slice(0, rowCount * points * COUNTS),
    textEnds: columns.textEnds.slice(0, rowCount),
    text: columns.text.slice(0, rowCount === 0 ? 0 : columns.textEnds[rowCount - 1])
  }
}

/** Generated tokens, in order. */
export function generatedIds(columns: RunColumns): Int32Array {
  return columns.scalars.ids.filter((_, row) => PHASES[columns.phases[row] as number] === 'generated') as Int32Array
}

/** Rows up to and including the one that chose the last of `tokens` generated tokens. A stop string cuts off rows behind it. */
export function untilGenerated(columns: RunColumns, tokens: number): RunColumns {
  let generated = 0
  let rowCount = 0
  while (rowCount < columns.rowCount) {
    if (PHASES[columns.phases[rowCount] as number] === 'generated') generated += 1
    if (generated > tokens) break
    rowCount += 1
  }
  return rowCount === columns.rowCount ? columns : firstRows(columns, rowCount)
}
