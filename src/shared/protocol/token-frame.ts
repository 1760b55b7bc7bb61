import { SKETCH_ROWS } from '../model/sketch'
import { TIMED_BLOCKS, TRACE_STATS_WORDS, tracePointCount } from '../model/trace-points'
import { FRAME_HEADER_BYTES, FRAME_KIND, type FrameHeader, readFrameHeader, writeFrameHeader } from './frame-header'

/**
 * Some evaluated positions of a run, as columns. Row i is one position: the token that went in, the distribution that came
 * out of the forward pass over it, and the token chosen for the next position. Fields mean what they mean in StepBatch
 * (engine/session/types). Arrays are views into the received message: keep them or copy them, nobody writes to them.
 */
export interface TokenFrame {
  /** RunDetail.handle. */
  readonly handle: number
  /** Counts the frames of a run from 0: a gap means that something was lost. */
  readonly sequence: number
  readonly phase: 'prompt' | 'generated'
  /** The rows come from a run file. */
  readonly recorded: boolean
  readonly count: number
  readonly candidatesPerStep: number
  readonly layerCount: number
  /** tracePointCount(layerCount) when statistics were captured, else 0. */
  readonly pointCount: number
  /** When the host sent the frame, in milliseconds since 1970 (to measure how long an event takes to the screen). */
  readonly sentAtMilliseconds: number
  /** When the step ended, since the request began. */
  readonly endMilliseconds: Float64Array
  readonly positions: Int32Array
  readonly inputIds: Int32Array
  /** The token at position + 1; -1 where there is none. */
  readonly ids: Int32Array
  /** Raw logits above the chosen one's; 0 = the favourite, -1 = no logits. */
  readonly ranks: Int32Array
  readonly logitNanCounts: Uint32Array
  /** Bytes of `text` up to and including this row: text that became certain with its token. */
  readonly textEnds: Uint32Array
  readonly chosenLogits: Float32Array
  readonly logProbabilities: Float32Array
  readonly samplerLogProbabilities: Float32Array
  readonly logSumExps: Float32Array
  readonly entropies: Float32Array
  readonly margins: Float32Array
  readonly stepMilliseconds: Float32Array
  /** count × candidatesPerStep, highest logit first; -1 where the vocabulary is smaller. */
  readonly candidateIds: Int32Array
  readonly candidateLogits: Float32Array
  /** count × (layerCount + 1) × TIMED_BLOCKS.length; empty when not timed. */
  readonly blockMilliseconds: Float32Array
  /** count × layerCount × SKETCH_ROWS; empty when not kept. */
  readonly sketches: Float32Array
  /** count × pointCount × TRACE_STATS_WORDS; floats and counts over the same bytes. */
  readonly statsFloats: Float32Array
  readonly statsCounts: Uint32Array
  /** UTF-8 of the text of these rows; see textEnds. */
  readonly text: Uint8Array
}

/** What a frame is made from: as TokenFrame, with the columns that can be left out optional. */
export type TokenFrameSource = Omit<TokenFrame, 'statsFloats' | 'statsCounts' | 'pointCount' | 'sketches'> & {
  readonly stats: Uint8Array
  readonly sketches?: Float32Array
}

const FLAG_GENERATED = 1
const FLAG_RECORDED = 2
const FLAG_TIMED = 4
const FLAG_SKETCHED = 8

const NOTHING = new Uint8Array(0)

type ColumnType = typeof Float64Array | typeof Float32Array | typeof Int32Array | typeof Uint32Array | typeof Uint8Array
interface Column {
  readonly name: keyof TokenFrame & keyof TokenFrameSource
  readonly type: ColumnType
  readonly length: (shape: FrameShape) => number
}
interface FrameShape {
  readonly count: number
  readonly candidates: number
  readonly layers: number
  readonly points: number
  readonly timed: boolean
  readonly sketched: boolean
  readonly textBytes: number
}

/** The body, in order: eight-byte columns first, then four-byte ones, then text, so that every column is aligned without padding. */
const COLUMNS: readonly Column[] = [
  { name: 'endMilliseconds', type: Float64Array, length: (s) => s.count },
  { name: 'positions', type: Int32Array, length: (s) => s.count },
  { name: 'inputIds', type: Int32Array, length: (s) => s.count },
  { name: 'ids', type: Int32Array, length: (s) => s.count },
  { name: 'ranks', type: Int32Array, length: (s) => s.count },
  { name: 'logitNanCounts', type: Uint32Array, length: (s) => s.count },
  { name: 'textEnds', type: Uint32Array, length: (s) => s.count },
  { name: 'chosenLogits', type: Float32Array, length: (s) => s.count },
  { name: 'logProbabilities', type: Float32Array, length: (s) => s.count },
  { name: 'samplerLogProbabilities', type: Float32Array, length: (s) => s.count },
  { name: 'logSumExps', type: Float32Array, length: (s) => s.count },
  { name: 'entropies', type: Float32Array, length: (s) => s.count },
  { name: 'margins', type: Float32Array, length: (s) => s.count },
  { name: 'stepMilliseconds', type: Float32Array, length: (s) => s.count },
  { name: 'candidateIds', type: Int32Array, length: (s) => s.count * s.candidates },
  { name: 'candidateLogits', type: Float32Array, length: (s) => s.count * s.candidates },
  { name: 'blockMilliseconds', type: Float32Array, length: (s) => (s.timed ? s.count * (s.layers + 1) * TIMED_BLOCKS.length : 0) },
  { name: 'sketches', type: Float32Array, length: (s) => (s.sketched ? s.count * s.layers * SKETCH_ROWS : 0) }
]

const columnBytes = (shape: FrameShape): number =>
  COLUMNS.reduce((sum, column) => sum + column.length(shape) * column.type.BYTES_PER_ELEMENT, 0)
const statsBytes = (shape: FrameShape): number => shape.count * shape.points * TRACE_STATS_WORDS * 4

/** Bytes of a frame of this shape; what LIMITS.outboundBinaryBytes bounds. */
export const tokenFrameBytes = (shape: FrameShape): number => FRAME_HEADER_BYTES + columnBytes(shape) + statsBytes(shape) + shape.textBytes

/** Throws a RangeError when a column has not the length its frame says: a bug of the sender. */
export function encodeTokenFrame(source: TokenFrameSource): Uint8Array<ArrayBuffer> {
  const points = source.stats.byteLength > 0 ? tracePointCount(source.layerCount) : 0
  const timed = source.blockMilliseconds.length > 0
  const sketched = (source.sketches?.length ?? 0) > 0
  const shape: FrameShape = {
    count: source.count,
    candidates: source.candidatesPerStep,
    layers: source.layerCount,
    points,
    timed,
    sketched,
    textBytes: source.text.byteLength
  }
  const out = new Uint8Array(tokenFrameBytes(shape))
  const flags =
    (source.phase === 'generated' ? FLAG_GENERATED : 0) |
    (source.recorded ? FLAG_RECORDED : 0) |
    (timed ? FLAG_TIMED : 0) |
    (sketched ? FLAG_SKETCHED : 0)
  writeFrameHeader(out, {
    kind: FRAME_KIND.tokens,
    flags,
    handle: source.handle,
    requestId: 0,
    sequence: source.sequence,
    shape: [shape.count, shape.candidates, shape.layers, shape.points, shape.textBytes],
    sentAtMilliseconds: source.sentAtMilliseconds
  })
  let offset = FRAME_HEADER_BYTES
  const put = (name: string, column: ArrayBufferView, bytes: number): void => {
    if (column.byteLength !== bytes) throw new RangeError(`token frame: column ${name} has ${column.byteLength} bytes, expected ${bytes}`)
    out.set(new Uint8Array(column.buffer, column.byteOffset, bytes), offset)
    offset += bytes
  }
  for (const column of COLUMNS)
    put(column.name, (source[column.name] ?? NOTHING) as ArrayBufferView, column.length(shape) * column.type.BYTES_PER_ELEMENT)
  put('stats', source.stats, statsBytes(shape))
  put('text', source.text, shape.textBytes)
  return out
}

/** Views into `message`, which must start at a multiple of 8 of its buffer. Throws a RangeError for a frame that is not whole. */
export function decodeTokenFrame(message: Uint8Array<ArrayBuffer>, header: FrameHeader = readFrameHeader(message)): TokenFrame {
  const [count, candidates, layers, points, textBytes] = header.shape
  const timed = (header.flags & FLAG_TIMED) !== 0
  const sketched = (header.flags & FLAG_SKETCHED) !== 0
  const shape: FrameShape = { count, candidates, layers, points, timed, sketched, textBytes }
  if (points !== 0 && points !== tracePointCount(layers)) throw new RangeError(`token frame: ${points} trace points for ${layers} layers`)
  if (tokenFrameBytes(shape) !== message.byteLength)
    throw new RangeError(`token frame: expected ${tokenFrameBytes(shape)} bytes, found ${message.byteLength}`)
  let offset = message.byteOffset + FRAME_HEADER_BYTES
  const views: Record<string, ArrayBufferView> = {}
  for (const column of COLUMNS) {
    const length = column.length(shape)
    views[column.name] = new column.type(message.buffer, offset, length)
    offset += length * column.type.BYTES_PER_ELEMENT
  }
  const words = count * points * TRACE_STATS_WORDS
  const statsFloats = new Float32Array(message.buffer, offset, words)
  const statsCounts = new Uint32Array(message.buffer, offset, words)
  offset += words * 4
  return {
    ...(views as unknown as Omit<TokenFrame, 'statsFloats'>),
    handle: header.handle,
    sequence: header.sequence,
    phase: (header.flags & FLAG_GENERATED) !== 0 ? 'generated' : 'prompt',
    recorded: (header.flags & FLAG_RECORDED) !== 0,
    count,
    candidatesPerStep: candidates,
    layerCount: layers,
    pointCount: points,
    sentAtMilliseconds: header.sentAtMilliseconds,
    statsFloats,
    statsCounts,
    text: new Uint8Array(message.buffer, offset, textBytes)
  }
}
