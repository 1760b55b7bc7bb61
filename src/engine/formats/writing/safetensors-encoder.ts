import { ByteWriter } from './byte-writer'

export interface SafetensorsTensor {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

/** A .safetensors file in memory, tensors in the given order, header padded with spaces to 8 bytes. */
export function encodeSafetensors(tensors: readonly SafetensorsTensor[], metadata?: Readonly<Record<string, string>>): Uint8Array {
  let end = 0
  const header: Record<string, unknown> = metadata === undefined ? {} : { __metadata__: metadata }
  for (const { name, dtype, shape, bytes } of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, end + bytes.length] }
    end += bytes.length
  }
  return encodeSafetensorsParts(
    JSON.stringify(header),
    tensors.map((tensor) => tensor.bytes)
  )
}

/** The same from a header as text, whatever it says: for tests of damaged files. */
export function encodeSafetensorsParts(headerText: string, parts: readonly Uint8Array[], headerBytes?: number | bigint): Uint8Array {
  const header = Buffer.from(headerText, 'utf8')
  const padded = Math.ceil(header.length / 8) * 8
  const writer = new ByteWriter()
  writer.u64(headerBytes ?? padded)
  writer.raw(header)
  writer.raw(Buffer.alloc(padded - header.length, ' '))
  for (const part of parts) writer.raw(part)
  return writer.finish()
}
