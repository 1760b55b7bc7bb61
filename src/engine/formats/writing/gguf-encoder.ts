import { type GgufScalarType, valueTypeId } from '../gguf/value-types'
import { ByteWriter } from './byte-writer'

/** Text, or the bytes to write in its place: tests write what is not UTF-8. */
export type GgufText = string | Uint8Array

export type GgufEntry =
  | { readonly key: GgufText; readonly type: GgufScalarType; readonly value: number | bigint | boolean }
  | { readonly key: GgufText; readonly type: 'string'; readonly value: GgufText }
  | { readonly key: GgufText; readonly type: 'array'; readonly of: GgufScalarType; readonly values: ArrayLike<number | bigint | boolean> }
  | { readonly key: GgufText; readonly type: 'array'; readonly of: 'string'; readonly values: readonly GgufText[] }

export interface GgufTensorRecord {
  readonly name: GgufText
  readonly typeId: number
  /** Slowest dimension first, as everywhere here; the file has them reversed. */
  readonly shape: readonly (number | bigint)[]
  /** From the start of the data section. */
  readonly dataOffset: number | bigint
}

/** A header to write. Nothing is checked: tests and fuzzing write what no converter would. */
export interface GgufHeaderSpec {
  readonly magic?: string
  readonly version?: number
  readonly entries: readonly GgufEntry[]
  readonly tensors: readonly GgufTensorRecord[]
  /** In place of the true counts. */
  readonly tensorCount?: number | bigint
  readonly entryCount?: number | bigint
  /** The data section starts at a multiple of this; default 32. 0 = write no padding. */
  readonly alignmentBytes?: number
}

/** All bytes of a GGUF file before its tensor data, padding included (ggml docs/gguf.md). */
export function encodeGgufHeader(spec: GgufHeaderSpec): Uint8Array {
  const writer = new ByteWriter()
  writer.raw(Buffer.from(spec.magic ?? 'GGUF', 'latin1'))
  writer.u32(spec.version ?? 3)
  writer.u64(spec.tensorCount ?? spec.tensors.length)
  writer.u64(spec.entryCount ?? spec.entries.length)
  for (const entry of spec.entries) writeEntry(writer, entry)
  for (const tensor of spec.tensors) {
    writeText(writer, tensor.name)
    writer.u32(tensor.shape.length)
    for (const length of tensor.shape.toReversed()) writer.u64(length)
    writer.u32(tensor.typeId)
    writer.u64(tensor.dataOffset)
  }
  const alignment = spec.alignmentBytes ?? 32
  if (alignment > 0) writer.padTo(alignment)
  return writer.finish()
}

function writeText(writer: ByteWriter, text: GgufText): void {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text
  writer.u64(bytes.length)
  writer.raw(bytes)
}

function writeEntry(writer: ByteWriter, entry: GgufEntry): void {
  writeText(writer, entry.key)
  writer.u32(valueTypeId(entry.type))
  if (entry.type === 'string') {
    writeText(writer, entry.value)
  } else if (entry.type === 'array') {
    writer.u32(valueTypeId(entry.of))
    writer.u64(entry.values.length)
    if (entry.of === 'string') for (const text of entry.values) writeText(writer, text)
    else for (let index = 0; index < entry.values.length; index += 1) writeScalar(writer, entry.of, entry.values[index] as number)
  } else {
    writeScalar(writer, entry.type, entry.value)
  }
}

const WRITE_SCALAR: Readonly<Record<GgufScalarType, (writer: ByteWriter, value: number | bigint) => void>> = {
  u8: (writer, value) => writer.u8(Number(value)),
  i8: (writer, value) => writer.u8(Number(value)),
  u16: (writer, value) => writer.u16(Number(value)),
  i16: (writer, value) => writer.u16(Number(value)),
  u32: (writer, value) => writer.u32(Number(value)),
  i32: (writer, value) => writer.u32(Number(value)),
  f32: (writer, value) => writer.f32(Number(value)),
  bool: (writer, value) => writer.u8(Number(value)),
  u64: (writer, value) => writer.u64(value),
  i64: (writer, value) => writer.u64(value),
  f64: (writer, value) => writer.f64(Number(value))
}

function writeScalar(writer: ByteWriter, type: GgufScalarType, value: number | bigint | boolean): void {
  WRITE_SCALAR[type](writer, typeof value === 'boolean' ? Number(value) : value)
}
