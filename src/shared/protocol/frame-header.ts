import { PROTOCOL_VERSION } from './limits'

/**
 * Every binary message starts with these 64 bytes, little-endian:
 *
 *   offset  0  u32  magic "GRTF"
 *           4  u16  protocol version
 *           6  u16  kind (FRAME_KIND)
 *           8  u32  flags, by kind
 *          12  u32  handle: the run, 0 when it belongs to none
 *          16  u32  requestId: the request that this answers, 0 when none
 *          20  u32  sequence, from 0 within its handle or request
 *          24  u32  × 5  shape, by kind
 *          44  u32  reserved, 0
 *          48  f64  sentAtMilliseconds since 1970
 *          56  u64  reserved, 0
 *
 * Bodies are aligned: columns of eight bytes come first, then four, then bytes.
 */
export const FRAME_HEADER_BYTES = 64
export const FRAME_MAGIC = 0x46545247

export const FRAME_KIND = {
  /** TokenFrame: rows of a run. */
  tokens: 1,
  /** DataFrame: arrays that answer a request. */
  data: 2,
  /** UploadFrame: bytes from a page to the host. */
  upload: 3
} as const
export type FrameKind = (typeof FRAME_KIND)[keyof typeof FRAME_KIND]

export type FrameShapeWords = readonly [number, number, number, number, number]

export interface FrameHeader {
  readonly kind: FrameKind
  readonly flags: number
  readonly handle: number
  readonly requestId: number
  readonly sequence: number
  readonly shape: FrameShapeWords
  readonly sentAtMilliseconds: number
}

const OFFSET = {
  magic: 0,
  version: 4,
  kind: 6,
  flags: 8,
  handle: 12,
  requestId: 16,
  sequence: 20,
  shape: 24,
  sentAt: 48,
  end: 64
} as const

/** The layout, proved by the compiler: the header's last field ends where the body begins. */
const HEADER_IS_WHOLE: typeof OFFSET.end = FRAME_HEADER_BYTES

export function writeFrameHeader(out: Uint8Array, header: FrameHeader): void {
  const view = new DataView(out.buffer, out.byteOffset, HEADER_IS_WHOLE)
  view.setUint32(OFFSET.magic, FRAME_MAGIC, true)
  view.setUint16(OFFSET.version, PROTOCOL_VERSION, true)
  view.setUint16(OFFSET.kind, header.kind, true)
  view.setUint32(OFFSET.flags, header.flags, true)
  view.setUint32(OFFSET.handle, header.handle, true)
  view.setUint32(OFFSET.requestId, header.requestId, true)
  view.setUint32(OFFSET.sequence, header.sequence, true)
  header.shape.forEach((word, index) => {
    view.setUint32(OFFSET.shape + index * 4, word, true)
  })
  view.setFloat64(OFFSET.sentAt, header.sentAtMilliseconds, true)
}

/** Throws a RangeError that says what is wrong with a message that is no frame of this version. */
export function readFrameHeader(message: Uint8Array): FrameHeader {
  if (message.byteLength < FRAME_HEADER_BYTES)
    throw new RangeError(`frame: expected at least ${FRAME_HEADER_BYTES} bytes, found ${message.byteLength}`)
  const view = new DataView(message.buffer, message.byteOffset, FRAME_HEADER_BYTES)
  const magic = view.getUint32(OFFSET.magic, true)
  if (magic !== FRAME_MAGIC) throw new RangeError(`frame: expected the magic "GRTF", found 0x${magic.toString(16).padStart(8, '0')}`)
  const version = view.getUint16(OFFSET.version, true)
  if (version !== PROTOCOL_VERSION) throw new RangeError(`frame: expected protocol version ${PROTOCOL_VERSION}, found ${version}`)
  const kind = view.getUint16(OFFSET.kind, true)
  if (kind !== FRAME_KIND.tokens && kind !== FRAME_KIND.data && kind !== FRAME_KIND.upload)
    throw new RangeError(`frame: unknown kind ${kind}`)
  const word = (index: number): number => view.getUint32(OFFSET.shape + index * 4, true)
  return {
    kind,
    flags: view.getUint32(OFFSET.flags, true),
    handle: view.getUint32(OFFSET.handle, true),
    requestId: view.getUint32(OFFSET.requestId, true),
    sequence: view.getUint32(OFFSET.sequence, true),
    shape: [word(0), word(1), word(2), word(3), word(4)],
    sentAtMilliseconds: view.getFloat64(OFFSET.sentAt, true)
  }
}

/** A message as an aligned Uint8Array over its own buffer, copying only when the buffer is shared or misaligned (Node's pooled Buffers). */
export function alignedBytes(message: ArrayBuffer | ArrayBufferView): Uint8Array<ArrayBuffer> {
  if (message instanceof ArrayBuffer) return new Uint8Array(message)
  const bytes = new Uint8Array(message.buffer as ArrayBuffer, message.byteOffset, message.byteLength)
  return message.byteOffset % 8 === 0 && message.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes)
}
