import { GretaError } from '../../../shared/errors'
import type { MetadataValue, ModelFile, TensorInfo } from '../../../shared/model/description'
import { FileWindow } from '../files'
import { LIMITS } from '../limits'
import { describeValue } from '../metadata-reader'
import { GgufCursor } from './cursor'
import { readMetadata } from './metadata'
import { LEAST_TENSOR_RECORD_BYTES, readTensorTable } from './tensor-table'

const GGUF_MAGIC = 'GGUF'
const LEAST_METADATA_ENTRY_BYTES = 8 + 1 + 4 + 1
const DEFAULT_ALIGNMENT_BYTES = 32

export interface GgufHeader {
  readonly file: ModelFile
  readonly version: number
  readonly alignmentBytes: number
  readonly metadata: ReadonlyMap<string, MetadataValue>
  readonly tensors: readonly TensorInfo[]
}

/**
 * Reads and validates everything of one GGUF file that comes before the weights (versions 2 and 3, little-endian).
 * `file` is the index that its tensors get. Throws GretaError 'format', 'unsupported', 'not-found' or 'io'.
 */
export function readGgufHeader(path: string, file = 0): GgufHeader {
  return FileWindow.use(path, (window) => {
    const cursor = new GgufCursor(window)
    const version = readVersion(cursor)
    const tensorCount = cursor.count('tensors', LEAST_TENSOR_RECORD_BYTES, LIMITS.tensors)
    const metadataCount = cursor.count('metadata entries', LEAST_METADATA_ENTRY_BYTES, LIMITS.metadataEntries)
    const metadata = readMetadata(cursor, metadataCount)
    const alignmentBytes = readAlignment(cursor, metadata)
    const tensors = readTensorTable(cursor, tensorCount, alignmentBytes, file)
    return { file: window.file, version, alignmentBytes, metadata, tensors }
  })
}

function readVersion(cursor: GgufCursor): number {
  const name = cursor.window.name
  if (cursor.window.sizeBytes === 0) throw cursor.formatError('the file is empty.')
  const magic = Uint8Array.from(cursor.take(4, 'the magic number'))
  if (Buffer.from(magic).toString('latin1') !== GGUF_MAGIC) {
    throw cursor.formatError(`not a GGUF file: it starts with ${describeMagic(magic)}, expected "GGUF".`, 'Choose a .gguf model file.')
  }
  const version = cursor.u32('the version')
  if (version === 2 || version === 3) return version
  if (version === 1) {
    throw new GretaError(
      'unsupported',
      `${name} is a GGUF version 1 file (of August 2023, with 32-bit counts); this engine reads versions 2 and 3.`,
      'Convert the original model again with a current converter, or download a newer GGUF of it.'
    )
  }
  if (version !== 0 && (version & 0xffff) === 0) {
    throw new GretaError(
      'unsupported',
      `${name} is a big-endian GGUF file; this engine reads little-endian files only.`,
      'Convert it to little-endian, or download the ordinary GGUF of the model.'
    )
  }
  throw new GretaError(
    'unsupported',
    `${name} says it is GGUF version ${version}; this engine reads versions 2 and 3.`,
    'Update GRETA Workbench if the file is newer, or convert the model again.'
  )
}

function describeMagic(magic: Uint8Array): string {
  const printable = magic.every((byte) => byte >= 0x20 && byte < 0x7f)
  return printable ? `"${Buffer.from(magic).toString('latin1')}"` : `bytes ${Buffer.from(magic).toString('hex')}`
}

function readAlignment(cursor: GgufCursor, metadata: ReadonlyMap<string, MetadataValue>): number {
  const value = metadata.get('general.alignment')
  if (value === undefined) return DEFAULT_ALIGNMENT_BYTES
  const valid = typeof value === 'number' && value >= 8 && value <= LIMITS.alignmentBytes && Number.isInteger(Math.log2(value))
  if (!valid) {
    throw cursor.formatError(`general.alignment is ${describeValue(value)}; expected a power of two from 8 to ${LIMITS.alignmentBytes}.`)
  }
  return value
}
