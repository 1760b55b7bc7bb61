import { GretaError } from '../../../shared/errors'
import type { ModelFile } from '../../../shared/model/description'
import { FileWindow } from '../files'
import { isJsonObject, type JsonObject, parseJsonObject } from '../json'
import { LIMITS } from '../limits'
import { describeValue } from '../metadata-reader'
import { checkedProduct } from '../tensor-sizes'

/** Element types of the format with their bits. This engine computes with F32, F16 and BF16 only. */
const DTYPE_BITS: Readonly<Record<string, number>> = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64
}

/** A tensor as the header names it; its bytes are inside the file and agree with type and shape. */
export interface SafetensorsEntry {
  readonly name: string
  readonly dtype: string
  /** Slowest dimension first; empty for a scalar; entries may be 0. */
  readonly shape: readonly number[]
  /** From the start of the file. */
  readonly offsetBytes: number
  readonly sizeBytes: number
}

export interface SafetensorsHeader {
  readonly file: ModelFile
  readonly metadata: ReadonlyMap<string, string>
  readonly entries: readonly SafetensorsEntry[]
}

const HEADER_BOUNDS = { mostDepth: 3, uniqueKeysToDepth: 3 }

/**
 * Reads and validates the header of one .safetensors file as the format's own parser does: a JSON object of known length,
 * tensors back to back without holes, the last one ending with the file.
 */
export function readSafetensorsHeader(path: string): SafetensorsHeader {
  return FileWindow.use(path, (window) => {
    const fail = (message: string): GretaError =>
      new GretaError('format', `${window.name}: ${message}`, 'The file is damaged or incomplete: copy or download it again.')
    if (window.sizeBytes < 8) throw fail(`${window.sizeBytes} bytes are too few for a SafeTensors file.`)
    const claimed = window.view(0, 8).readBigUInt64LE(0)
    if (claimed > BigInt(window.sizeBytes - 8)) {
      throw fail(`the header claims ${claimed} bytes, but only ${window.sizeBytes - 8} follow.`)
    }
    if (claimed > BigInt(LIMITS.safetensorsHeaderBytes)) {
      throw fail(`the header claims ${claimed} bytes; at most ${LIMITS.safetensorsHeaderBytes} are read.`)
    }
    const length = Number(claimed)
    const bytes = window.view(8, length)
    if (bytes[0] !== 0x7b) throw fail('the header does not start with "{", so this is not a SafeTensors file.')
    const header = parseJsonObject(`${window.name}: the header`, bytes, HEADER_BOUNDS)
    const metadata = readMetadata(header, fail)
    const entries = readEntries(header, 8 + length, fail)
    checkLayout(entries, 8 + length, window.sizeBytes, fail)
    return { file: window.file, metadata, entries }
  })
}

type Fail = (message: string) => GretaError

function readMetadata(header: JsonObject, fail: Fail): Map<string, string> {
  const metadata = new Map<string, string>()
  const block = header['__metadata__']
  if (block === undefined) return metadata
  if (!isJsonObject(block)) throw fail('__metadata__ is not an object.')
  for (const [key, value] of Object.entries(block)) {
    if (typeof value !== 'string') throw fail(`__metadata__ entry ${describeValue(key)} is ${describeValue(value)}; expected text.`)
    metadata.set(key, value)
  }
  return metadata
}

function readEntries(header: JsonObject, dataStart: number, fail: Fail): readonly SafetensorsEntry[] {
  const names = Object.keys(header).filter((name) => name !== '__metadata__')
  if (names.length > LIMITS.tensors) throw fail(`it holds ${names.length} tensors; at most ${LIMITS.tensors} are read.`)
  return names.map((name) => {
    const what = `tensor ${describeValue(name)}`
    const entry = header[name]
    if (!isJsonObject(entry)) throw fail(`${what} is ${describeValue(entry)}; expected an object.`)
    const { dtype, shape, data_offsets: offsets } = entry
    if (typeof dtype !== 'string' || !Object.hasOwn(DTYPE_BITS, dtype)) throw fail(`${what} has unknown dtype ${describeValue(dtype)}.`)
    if (!isSizes(shape) || shape.length > 16) throw fail(`${what} has a shape that is not a short list of whole numbers.`)
    if (!isSizes(offsets) || offsets.length !== 2) throw fail(`${what} has data_offsets that are not two whole numbers.`)
    const [begin, end] = offsets as [number, number]
    const bits = checkedProduct([...shape, DTYPE_BITS[dtype] as number])
    if (bits === undefined) throw fail(`the size of ${what} [${shape.join(', ')}] overflows.`)
    if (bits % 8 !== 0) throw fail(`${what} has ${bits} bits, which is not a whole number of bytes.`)
    if (end - begin !== bits / 8) {
      throw fail(`${what} is ${dtype} [${shape.join(', ')}], ${bits / 8} bytes, but its data_offsets span ${end - begin}.`)
    }
    return { name, dtype, shape, offsetBytes: dataStart + begin, sizeBytes: bits / 8 }
  })
}

const isSizes = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && (entry as number) >= 0)

/** Tensors must follow each other from the first data byte to the last of the file. */
function checkLayout(entries: readonly SafetensorsEntry[], dataStart: number, fileBytes: number, fail: Fail): void {
  let end = dataStart
  for (const entry of [...entries].sort((a, b) => a.offsetBytes - b.offsetBytes || a.sizeBytes - b.sizeBytes)) {
    if (entry.offsetBytes !== end) {
      const what = entry.offsetBytes < end ? 'overlaps the tensor before it' : 'leaves a hole before it'
      throw fail(`tensor ${describeValue(entry.name)} at byte ${entry.offsetBytes} ${what}; expected byte ${end}.`)
    }
    end += entry.sizeBytes
  }
  if (end !== fileBytes) throw fail(`its tensors end at byte ${end}, but the file has ${fileBytes}.`)
}
