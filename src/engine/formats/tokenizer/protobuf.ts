import { GretaError } from '../../../shared/errors'

/** One field of a protobuf message. Lengths were checked; nested messages are left as bytes. */
export type ProtobufField =
  | { readonly number: number; readonly kind: 'varint'; readonly value: bigint }
  | { readonly number: number; readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly number: number; readonly kind: 'fixed32' | 'fixed64'; readonly value: DataView }

const MOST_VARINT_BYTES = 10

/**
 * The fields of a protobuf message in order (protobuf.dev, "Encoding"). Reads nothing beyond `bytes`; groups, which are
 * obsolete, and unknown wire types are refused. `name` is the file for errors.
 */
export function* protobufFields(name: string, bytes: Uint8Array): Generator<ProtobufField> {
  const fail = (at: number, why: string): GretaError =>
    new GretaError('format', `${name}: not a valid protobuf message at byte ${at}: ${why}.`, 'The file is damaged or of another kind.')
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let index = 0; index < MOST_VARINT_BYTES; index += 1) {
      const byte = bytes[at]
      if (byte === undefined) throw fail(at, 'it ends inside a number')
      at += 1
      value |= BigInt(byte & 0x7f) << BigInt(7 * index)
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw fail(at, 'a number is longer than 10 bytes')
  }
  const take = (length: bigint): Uint8Array => {
    if (length > BigInt(bytes.length - at)) throw fail(at, `${length} bytes claimed, ${bytes.length - at} left`)
    const start = at
    at += Number(length)
    return bytes.subarray(start, at)
  }
  const fixed = (length: number): DataView => {
    const part = take(BigInt(length))
    return new DataView(part.buffer, part.byteOffset, length)
  }
  while (at < bytes.length) {
    const start = at
    const tag = varint()
    const number = Number(tag >> 3n)
    if (number < 1 || number > 2 ** 29 - 1) throw fail(start, `field number ${number}`)
    switch (Number(tag & 7n)) {
      case 0:
        yield { number, kind: 'varint', value: varint() }
        break
      case 1:
        yield { number, kind: 'fixed64', value: fixed(8) }
        break
      case 2:
        yield { number, kind: 'bytes', value: take(varint()) }
        break
      case 5:
        yield { number, kind: 'fixed32', value: fixed(4) }
        break
      default:
        throw fail(start, `wire type ${tag & 7n}`)
    }
  }
}
