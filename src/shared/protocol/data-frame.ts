import { alignedBytes, FRAME_HEADER_BYTES, FRAME_KIND, type FrameHeader, readFrameHeader, writeFrameHeader } from './frame-header'

/**
 * Arrays that answer a request. Body: for each array in turn its bytes, padded to a multiple of 8; then a JSON directory
 * [{name, type, length}], whose length is shape[0]; shape[1] counts the arrays. An array that is the very same memory as an
 * earlier one has no bytes of its own but {same: name of that one}. The JSON part of the answer comes in its response
 * message, after this frame.
 */
export const ARRAY_TYPES = {
  f32: Float32Array,
  f64: Float64Array,
  i32: Int32Array,
  u32: Uint32Array,
  u8: Uint8Array
} as const
export type ArrayTypeName = keyof typeof ARRAY_TYPES
interface ArrayOfName {
  readonly f32: Float32Array
  readonly f64: Float64Array
  readonly i32: Int32Array
  readonly u32: Uint32Array
  readonly u8: Uint8Array
}
export type ArrayOf<N extends ArrayTypeName> = ArrayOfName[N]
export type ArrayTypes = Readonly<Record<string, ArrayTypeName>>
export type Arrays<T extends ArrayTypes> = { readonly [K in keyof T]: ArrayOf<T[K]> }

export interface DataFrame {
  readonly requestId: number
  readonly arrays: Readonly<Record<string, ArrayBufferView>>
}

const isSameMemory = (one: ArrayBufferView, other: ArrayBufferView): boolean =>
  one.byteLength > 0 &&
  one.buffer === other.buffer &&
  one.byteOffset === other.byteOffset &&
  one.byteLength === other.byteLength &&
  one.constructor === other.constructor

const padded = (length: number): number => Math.ceil(length / 8) * 8

const typeName = (array: ArrayBufferView): ArrayTypeName => {
  for (const [name, type] of Object.entries(ARRAY_TYPES)) if (array.constructor === type) return name as ArrayTypeName
  if (array instanceof Uint8Array) return 'u8' // Node's Buffer
  throw new TypeError(`data frame: cannot carry a ${array.constructor.name}`)
}

export function encodeDataFrame(requestId: number, arrays: Readonly<Record<string, ArrayBufferView>>): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(arrays)
  const sameAs = entries.map(([, array], index) => entries.slice(0, index).find(([, earlier]) => isSameMemory(array, earlier))?.[0])
  const directory = new TextEncoder().encode(
    JSON.stringify(
      entries.map(([name, array], index): DirectoryEntry => {
        const type = typeName(array)
        const same = sameAs[index]
        return {
          name,
          type,
          length: array.byteLength / ARRAY_TYPES[type].BYTES_PER_ELEMENT,
          ...(same === undefined ? {} : { same })
        }
      })
    )
  )
  const carried = entries.filter((_, index) => sameAs[index] === undefined)
  const bodyBytes = carried.reduce((sum, [, array]) => sum + padded(array.byteLength), 0)
  const out = new Uint8Array(FRAME_HEADER_BYTES + bodyBytes + directory.byteLength)
  writeFrameHeader(out, {
    kind: FRAME_KIND.data,
    flags: 0,
    handle: 0,
    requestId,
    sequence: 0,
    shape: [directory.byteLength, entries.length, 0, 0, 0],
    sentAtMilliseconds: Date.now()
  })
  let offset = FRAME_HEADER_BYTES
  for (const [, array] of carried) {
    out.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset)
    offset += padded(array.byteLength)
  }
  out.set(directory, offset)
  return out
}

interface DirectoryEntry {
  readonly name: string
  readonly type: ArrayTypeName
  readonly length: number
  readonly same?: string
}

function isDirectoryEntry(value: unknown): value is DirectoryEntry {
  if (typeof value !== 'object' || value === null) return false
  const { name, type, length, same } = value as Partial<DirectoryEntry>
  if (same !== undefined && typeof same !== 'string') return false
  return typeof name === 'string' && typeof type === 'string' && type in ARRAY_TYPES && Number.isSafeInteger(length) && (length ?? -1) >= 0
}

/** Views into `message`. Throws a RangeError for a frame whose directory does not add up to its bytes. */
export function decodeDataFrame(message: Uint8Array<ArrayBuffer>, header: FrameHeader = readFrameHeader(message)): DataFrame {
  const bytes = alignedBytes(message)
  const directoryBytes = header.shape[0]
  const bodyEnd = bytes.byteLength - directoryBytes
  if (bodyEnd < FRAME_HEADER_BYTES) throw new RangeError('data frame: the directory is longer than the frame')
  const directory: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(bodyEnd)))
  if (!Array.isArray(directory) || directory.length !== header.shape[1] || !directory.every(isDirectoryEntry))
    throw new RangeError('data frame: the directory is not a list of arrays')
  const arrays: Record<string, ArrayBufferView> = {}
  let offset = FRAME_HEADER_BYTES
  for (const { name, type, length, same } of directory) {
    const constructor = ARRAY_TYPES[type]
    if (same !== undefined) {
      const earlier: ArrayBufferView | undefined = Object.hasOwn(arrays, same) ? arrays[same] : undefined
      if (!(earlier instanceof constructor) || earlier.length !== length)
        throw new RangeError(`data frame: array ${name} is said to be ${same}, which is no earlier array like it`)
      arrays[name] = earlier
      continue
    }
    const next = offset + padded(length * constructor.BYTES_PER_ELEMENT)
    if (next > bodyEnd) throw new RangeError(`data frame: array ${name} of ${length} ${type} passes the end of the frame`)
    arrays[name] = new constructor(bytes.buffer, bytes.byteOffset + offset, length)
    offset = next
  }
  if (offset !== bodyEnd) throw new RangeError(`data frame: ${bodyEnd - offset} bytes belong to no array`)
  return { requestId: header.requestId, arrays }
}

/** One chunk of a file that a page gives to the host: `handle` is the upload's number, chunks come in `sequence`. */
export function encodeUploadFrame(upload: number, sequence: number, chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(FRAME_HEADER_BYTES + chunk.byteLength)
  writeFrameHeader(out, {
    kind: FRAME_KIND.upload,
    flags: 0,
    handle: upload,
    requestId: 0,
    sequence,
    shape: [chunk.byteLength, 0, 0, 0, 0],
    sentAtMilliseconds: Date.now()
  })
  out.set(chunk, FRAME_HEADER_BYTES)
  return out
}
