import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { GretaError } from '../../../shared/errors'
import { dtypeFacts } from '../../../shared/model/dtype'
import type { ModelShape } from '../architecture/presets'
import { fileError } from '../files'
import { encodeGgufHeader } from './gguf-encoder'
import { ALIGNMENT_BYTES, type ModelLayout, layoutModel, type PlannedTensor } from './model-layout'
import { modelMetadata } from './model-metadata'
import { RandomBits } from './random'
import { createBlockSource } from './synthetic-blocks'

export interface WriteModelOptions {
  readonly shape: ModelShape
  /** One of QUANT_MIXES. */
  readonly mix: string
  /** Whole number; the same seed gives the same file, byte for byte. */
  readonly seed: number
  readonly signal?: AbortSignal
  readonly onProgress?: (writtenBytes: number, totalBytes: number) => void
}

export interface WrittenModel {
  readonly path: string
  readonly sizeBytes: number
  readonly tensorBytes: number
}

/** Two buffers of this size are all the memory that weights take: one is filled while the other is written. */
const CHUNK_BYTES = 8 * 1024 * 1024

/**
 * Writes a GGUF model of random weights. The file appears under its name when it is whole; on failure or cancellation
 * nothing is left. Throws GretaError 'usage', 'io' or 'cancelled'.
 */
export async function writeModel(path: string, options: WriteModelOptions): Promise<WrittenModel> {
  const layout = layoutModel(options.shape, options.mix)
  const header = encodeGgufHeader({
    entries: modelMetadata(options.shape, options.mix, options.seed),
    tensors: layout.tensors.map((tensor) => ({ ...tensor, typeId: dtypeFacts(tensor.type).id })),
    alignmentBytes: ALIGNMENT_BYTES
  })
  const temporary = `${path}.partial-${process.pid}`
  const sizeBytes = header.length + layout.dataBytes
  try {
    const handle = await open(temporary, 'wx')
    try {
      await writeFully(handle, header)
      await writeTensors(handle, layout, options, header.length, sizeBytes)
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (thrown) {
    await rm(temporary, { force: true })
    throw fileError(thrown, 'write', path)
  }
  return { path, sizeBytes, tensorBytes: layout.tensors.reduce((sum, tensor) => sum + tensor.sizeBytes, 0) }
}

async function writeTensors(
  handle: FileHandle,
  layout: ModelLayout,
  options: WriteModelOptions,
  headerBytes: number,
  totalBytes: number
): Promise<void> {
  let written = headerBytes
  let writing: Promise<void> = Promise.resolve()
  for (const chunk of chunks(layout, options.seed)) {
    await writing
    if (options.signal?.aborted === true) throw new GretaError('cancelled', 'Writing the model was cancelled; nothing was left behind.')
    writing = writeFully(handle, chunk)
    // A rejection is seen by the next await; this keeps it from counting as unhandled until then.
    writing.catch(() => undefined)
    written += chunk.length
    options.onProgress?.(written, totalBytes)
  }
  await writing
}

async function writeFully(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let at = 0
  while (at < bytes.length) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten
}

/** The data section in pieces. A piece is valid until the one after the next is asked for. */
function* chunks(layout: ModelLayout, seed: number): Generator<Uint8Array> {
  const buffers = [new ArrayBuffer(CHUNK_BYTES), new ArrayBuffer(CHUNK_BYTES)] as const
  let turn = 0
  for (const tensor of layout.tensors) {
    for (const content of tensorContent(tensor, seed, () => buffers[turn++ % 2] as ArrayBuffer)) yield content
    const padding = (ALIGNMENT_BYTES - (tensor.sizeBytes % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES
    if (padding > 0) yield new Uint8Array(padding)
  }
}

/** A tensor's bytes in pieces of whole pairs of blocks, so that every piece is whole 32-bit words. */
function* tensorContent(tensor: PlannedTensor, seed: number, nextBuffer: () => ArrayBuffer): Generator<Uint8Array> {
  const source = createBlockSource(tensor.type, tensor.standardDeviation, new RandomBits(seed, tensor.name), tensor.mean)
  const pairBytes = 2 * dtypeFacts(tensor.type).blockBytes
  const pieceBytes = Math.floor(CHUNK_BYTES / pairBytes) * pairBytes
  for (let at = 0; at < tensor.sizeBytes; at += pieceBytes) {
    const length = Math.min(pieceBytes, tensor.sizeBytes - at)
    const buffer = nextBuffer()
    source.overwrite(new Int32Array(buffer, 0, Math.ceil(length / 4)))
    yield new Uint8Array(buffer, 0, length)
  }
}

/** All bytes of one tensor of a synthetic model, as writeModel writes them. For small tensors. */
export function syntheticTensorBytes(tensor: PlannedTensor, seed: number): Uint8Array {
  const pieces = [...tensorContent(tensor, seed, () => new ArrayBuffer(CHUNK_BYTES))]
  return Uint8Array.from(Buffer.concat(pieces))
}
