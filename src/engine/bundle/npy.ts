/**
 * NumPy's .npy, version 1.0 (numpy/lib/format.py): magic "\x93NUMPY", version, u16 header length, a Python dictionary in
 * ASCII padded with spaces to a multiple of 64, then the array, little-endian, C order.
 */
import { GretaError } from '../../shared/errors'

export type NpyType = '<f4' | '<f8' | '<i4' | '<u4' | '|u1'
export const NPY_ITEM_BYTES: Readonly<Record<NpyType, number>> = { '<f4': 4, '<f8': 8, '<i4': 4, '<u4': 4, '|u1': 1 }

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0)
const PREAMBLE_BYTES = MAGIC.length + 2
/** A header longer than this is none of ours. */
const LONGEST_HEADER_BYTES = 4096

export interface NpyHeader {
  readonly type: NpyType
  /** Slowest dimension first. */
  readonly shape: readonly number[]
  /** Where the array begins. */
  readonly dataOffset: number
}

export function npyHeader(type: NpyType, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const dimensions = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const dictionary = `{'descr': '${type}', 'fortran_order': False, 'shape': (${dimensions}), }`
  const unpadded = PREAMBLE_BYTES + dictionary.length + 1
  const padded = Math.ceil(unpadded / 64) * 64
  const out = new Uint8Array(padded).fill(0x20)
  out.set(MAGIC)
  new DataView(out.buffer).setUint16(MAGIC.length, padded - PREAMBLE_BYTES, true)
  out.set(new TextEncoder().encode(dictionary), PREAMBLE_BYTES)
  out[padded - 1] = 0x0a
  return out
}

/** Throws 'format' for anything that is not an array of a known type, or whose bytes are not what its shape says. */
export function parseNpy(name: string, bytes: Uint8Array): NpyHeader {
  const wrong = (what: string): GretaError => new GretaError('format', `${name} is not an array this program wrote: ${what}.`)
  if (bytes.length < PREAMBLE_BYTES || MAGIC.some((byte, index) => bytes[index] !== byte)) throw wrong('it does not start with NUMPY 1.0')
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset).getUint16(MAGIC.length, true)
  const dataOffset = PREAMBLE_BYTES + headerBytes
  if (headerBytes > LONGEST_HEADER_BYTES || dataOffset > bytes.length) throw wrong(`its header of ${headerBytes} bytes passes its end`)
  const dictionary = new TextDecoder('latin1').decode(bytes.subarray(PREAMBLE_BYTES, dataOffset))
  const match = /^\{'descr': '([<|][fiu][148])', 'fortran_order': False, 'shape': \(((?:\d{1,10}(?:, ?)?){1,4})\), \} *\n$/.exec(dictionary)
  const type = match?.[1] as NpyType | undefined
  if (match === null || type === undefined || !(type in NPY_ITEM_BYTES)) throw wrong('its header has another form')
  const shape = (match[2] as string)
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number)
  const expected = shape.reduce((product, length) => product * length, NPY_ITEM_BYTES[type])
  if (expected !== bytes.length - dataOffset)
    throw wrong(`shape (${shape.join(', ')}) needs ${expected} bytes, found ${bytes.length - dataOffset}`)
  return { type, shape, dataOffset }
}
