import { basename } from 'node:path'
import { GretaError } from '../../../shared/errors'
import type { OpenedModel, TensorInfo } from '../../../shared/model/description'
import { buildRunnable } from '../architecture/model-config'
import { ARCHITECTURES, GGUF_NAMING, supportedArchitectures } from '../architecture/table'
import { MetadataReader } from '../metadata-reader'
import { weightBytesOf } from '../weight-data'
import { ggufHyperParameters } from './hyper-parameters'
import { readGgufParts } from './split'
import { ggufChatTemplate, ggufTokenizer, ggufTokenizerProblem } from './tokenizer'

/** Opens a GGUF model, all parts of it when it is split. No weight is read, except the few values of rope_freqs.weight. */
export function openGguf(path: string): OpenedModel {
  const headers = readGgufParts(path)
  const metadata = headers[0]?.metadata ?? new Map()
  const reader = new MetadataReader(basename(path), metadata)
  const tensors = headers.flatMap((header) => header.tensors)
  const files = headers.map((header) => header.file)
  const tokenizer = ggufTokenizer(reader)
  const chatTemplate = ggufChatTemplate(reader)
  const base: OpenedModel = {
    format: 'gguf',
    path,
    files,
    metadata,
    tensors,
    ...(tokenizer === undefined ? { tokenizerProblem: ggufTokenizerProblem(reader) } : { tokenizer }),
    ...(chatTemplate === undefined ? {} : { chatTemplate })
  }
  const name = reader.optionalText('general.architecture')
  if (name === undefined) throw reader.fail('general.architecture', 'the name of an architecture')
  const facts = ARCHITECTURES.find((row) => row.ggufName === name)
  if (tensors.length === 0) {
    return { ...base, notRunnable: `${basename(path)} holds a vocabulary only: it has no weights.` }
  }
  if (facts === undefined) {
    const shown = JSON.stringify(name.slice(0, 60))
    return { ...base, notRunnable: `${basename(path)} is of architecture ${shown}; this engine runs ${supportedArchitectures()}.` }
  }
  const divisors = readRopeDivisors(base)
  const hyper = ggufHyperParameters(reader, facts, divisors)
  const source = { name: basename(path), tensors, naming: GGUF_NAMING, rotaryRowOrder: 'as-stored' as const }
  const runnable = buildRunnable(hyper, source)
  if (tokenizer !== undefined && tokenizer.pieces.length !== runnable.config.vocabularySize) {
    throw new GretaError(
      'format',
      `${basename(path)}: the tokenizer has ${tokenizer.pieces.length} pieces, but the token embedding has ${runnable.config.vocabularySize} rows.`,
      'The file was converted wrongly: download or convert it again.'
    )
  }
  return { ...base, runnable }
}

const MOST_ROPE_DIVISORS = 1024

function readRopeDivisors(opened: OpenedModel): Float32Array | undefined {
  const tensor: TensorInfo | undefined = opened.tensors.find(({ name }) => name === 'rope_freqs.weight')
  if (tensor === undefined) return undefined
  const count = tensor.shape[0] as number
  if (tensor.type !== 'F32' || tensor.shape.length !== 1 || count > MOST_ROPE_DIVISORS) {
    throw new GretaError(
      'format',
      `${basename(opened.path)}: rope_freqs.weight is ${tensor.type} [${tensor.shape.join(', ')}]; expected a short F32 vector.`
    )
  }
  const bytes = weightBytesOf(opened, tensor)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Float32Array.from({ length: count }, (_, index) => view.getFloat32(index * 4, true))
}
