import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ModelShape } from '../architecture/presets'
import { architectureFacts } from '../architecture/presets'
import { HUGGING_FACE_NAMING, type LayerRole, type ModelRole } from '../architecture/table'
import { layoutModel, type PlannedTensor } from './model-layout'
import { encodeSafetensors, type SafetensorsTensor } from './safetensors-encoder'
import { encodeSentencePieceModel } from './sentencepiece-encoder'
import { syntheticVocabulary } from './synthetic-vocabulary'
import { syntheticTensorBytes } from './write-model'

export interface HuggingFaceOptions {
  readonly shape: ModelShape
  readonly mix: 'f32' | 'f16' | 'bf16'
  readonly seed: number
  /** Files that the weights are spread over, with an index; default 1, without. */
  readonly shards?: number
}

/**
 * Writes a Hugging Face folder with the same weights as writeModel with the same shape, mix and seed, but with llama's q and
 * k rows in Hugging Face's order. Everything is built in memory: for small shapes.
 */
export function writeHuggingFaceModel(folder: string, options: HuggingFaceOptions): void {
  const { shape } = options
  mkdirSync(folder, { recursive: true })
  const tensors = layoutModel(shape, options.mix).tensors.map((tensor) => toSafetensors(tensor, shape, options.seed))
  writeWeights(folder, tensors, options.shards ?? 1)
  writeJson(folder, 'config.json', huggingFaceConfig(shape))
  writeJson(folder, 'tokenizer_config.json', { add_bos_token: true, add_eos_token: false, bos_token: '<s>', eos_token: '</s>' })
  writeFileSync(join(folder, 'tokenizer.model'), encodeSentencePieceModel(syntheticVocabulary(shape.vocabularySize)))
}

const writeJson = (folder: string, name: string, value: unknown): void => writeFileSync(join(folder, name), JSON.stringify(value, null, 1))

function writeWeights(folder: string, tensors: readonly SafetensorsTensor[], shards: number): void {
  if (shards === 1) {
    writeFileSync(join(folder, 'model.safetensors'), encodeSafetensors(tensors, { format: 'pt' }))
    return
  }
  const digits = (value: number): string => String(value).padStart(5, '0')
  const names = Array.from({ length: shards }, (_, index) => `model-${digits(index + 1)}-of-${digits(shards)}.safetensors`)
  const weightMap: Record<string, string> = {}
  names.forEach((name, shard) => {
    const part = tensors.filter((_, index) => index % shards === shard)
    for (const tensor of part) weightMap[tensor.name] = name
    writeFileSync(join(folder, name), encodeSafetensors(part))
  })
  writeJson(folder, 'model.safetensors.index.json', { metadata: {}, weight_map: weightMap })
}

export function huggingFaceConfig(shape: ModelShape): Readonly<Record<string, unknown>> {
  const modelType = architectureFacts(shape.architecture).huggingFaceModelTypes[0] as string
  return {
    architectures: [`${modelType[0]?.toUpperCase()}${modelType.slice(1)}ForCausalLM`],
    model_type: modelType,
    hidden_size: shape.embeddingLength,
    intermediate_size: shape.feedForwardLength,
    num_hidden_layers: shape.layerCount,
    num_attention_heads: shape.headCount,
    num_key_value_heads: shape.kvHeadCount,
    head_dim: shape.headDim,
    vocab_size: shape.vocabularySize,
    max_position_embeddings: shape.contextLength,
    rms_norm_eps: shape.rmsNormEpsilon,
    rope_theta: shape.ropeBase,
    tie_word_embeddings: shape.tiedEmbedding,
    hidden_act: 'silu',
    bos_token_id: 1,
    eos_token_id: 2
  }
}

function toSafetensors(tensor: PlannedTensor, shape: ModelShape, seed: number): SafetensorsTensor {
  const bytes = syntheticTensorBytes(tensor, seed)
  const rotary = architectureFacts(shape.architecture).ropePairing === 'interleaved' && (tensor.role === 'q' || tensor.role === 'k')
  return {
    name: huggingFaceName(tensor),
    dtype: tensor.type,
    shape: tensor.shape,
    bytes: rotary ? interleavedToHalfSplit(bytes, tensor.shape[0] as number, shape.headDim) : bytes
  }
}

function huggingFaceName(tensor: PlannedTensor): string {
  const layer = /^blk\.(\d+)\./u.exec(tensor.name)?.[1]
  if (layer === undefined) return HUGGING_FACE_NAMING.model[tensor.role as ModelRole]
  return HUGGING_FACE_NAMING.layer[tensor.role as LayerRole].replace('{}', layer)
}

/** Row h*D + 2i+b of the input becomes row h*D + i + b*D/2 (RowOrder in native/backend/backend.h, read backwards). */
function interleavedToHalfSplit(bytes: Uint8Array, rows: number, headDim: number): Uint8Array {
  const rowBytes = bytes.length / rows
  const result = new Uint8Array(bytes.length)
  for (let row = 0; row < rows; row += 1) {
    const inHead = row % headDim
    const target = row - inHead + Math.floor(inHead / 2) + (inHead % 2) * (headDim / 2)
    result.set(bytes.subarray(row * rowBytes, (row + 1) * rowBytes), target * rowBytes)
  }
  return result
}
