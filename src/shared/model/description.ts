import type { DTypeName } from './dtype'

/**
 * A value of a file's metadata. Arrays of numbers keep a typed form (u32 and f64 elements: Float64Array); 64-bit integers
 * beyond 2^53 stay bigint.
 */
export type MetadataValue =
  | number
  | bigint
  | boolean
  | string
  | readonly MetadataValue[]
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint8Array

/** A file that tensors lie in. */
export interface ModelFile {
  readonly path: string
  readonly sizeBytes: number
  /** Time of its last change, in milliseconds since 1970: how a change after opening is noticed. */
  readonly modifiedMilliseconds: number
}

/** A tensor as it lies in a file. Every field is validated: offset + bytes is inside the file, bytes fits type and shape. */
export interface TensorInfo {
  readonly name: string
  readonly type: DTypeName
  /** Slowest dimension first: [rows, cols] for a matrix, [length] for a vector. Every entry >= 1. */
  readonly shape: readonly number[]
  /** Index into OpenedModel.files. */
  readonly file: number
  /** From the start of that file. */
  readonly offsetBytes: number
  readonly sizeBytes: number
}

export type Architecture = 'llama' | 'qwen2' | 'qwen3'

/** How rotary embedding is scaled, as the file says it; the frequencies themselves are in ModelConfig. */
export interface RopeScaling {
  readonly kind: 'none' | 'linear' | 'llama3' | 'yarn'
  readonly factor: number
}

/** The sizes that every tensor's shape must agree with. */
export interface ModelDimensions {
  readonly layerCount: number
  readonly embeddingLength: number
  readonly headCount: number
  readonly kvHeadCount: number
  readonly headDim: number
  readonly feedForwardLength: number
  readonly vocabularySize: number
}

/** Hyper-parameters, cross-checked against tensor shapes. */
export interface ModelConfig extends ModelDimensions {
  readonly architecture: Architecture
  readonly name: string
  /** Positions the model was trained for. */
  readonly contextLength: number
  readonly rmsNormEpsilon: number
  readonly attentionScale: number
  readonly ropePairing: 'interleaved' | 'half-split'
  readonly ropeDims: number
  readonly ropeBase: number
  readonly ropeScaling: RopeScaling
  /** ropeDims/2 values; scaling is already in them. */
  readonly ropeInverseFrequencies: Float64Array
  readonly ropeMagnitude: number
  readonly tiedEmbedding: boolean
  readonly parameterCount: number
}

export type RowOrder = 'as-stored' | 'rotary-half-split-to-interleaved'

/** A tensor in its role. */
export interface WeightReference {
  readonly tensor: TensorInfo
  readonly rowOrder: RowOrder
}

/** Names follow native/backend/backend.h LayerWeights, one for one. */
export interface LayerWeightTable {
  readonly attnNorm: WeightReference
  readonly q: WeightReference
  readonly k: WeightReference
  readonly v: WeightReference
  readonly qBias?: WeightReference
  readonly kBias?: WeightReference
  readonly vBias?: WeightReference
  readonly qNorm?: WeightReference
  readonly kNorm?: WeightReference
  readonly attnOutput: WeightReference
  readonly ffnNorm: WeightReference
  readonly ffnGate: WeightReference
  readonly ffnUp: WeightReference
  readonly ffnDown: WeightReference
}

export interface WeightTable {
  readonly tokenEmbedding: WeightReference
  readonly layers: readonly LayerWeightTable[]
  readonly finalNorm: WeightReference
  readonly lmHead: WeightReference
}

/** Token types, with the ids of GGUF's tokenizer.ggml.token_type. */
export const TOKEN_TYPE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const

/** What a tokenizer is built from, whichever file it came from. */
export interface TokenizerSpec {
  /** 'spm': SentencePiece BPE with scores; 'bpe': byte-level BPE with merges. */
  readonly kind: 'spm' | 'bpe'
  /** Pieces as the file has them (spm: with U+2581 for a space; bpe: in the byte-to-unicode alphabet). */
  readonly pieces: readonly string[]
  /** TOKEN_TYPE of every piece. */
  readonly types: Int32Array
  /** spm only: one score a piece. */
  readonly scores?: Float32Array
  /** bpe only: "left right", best first. */
  readonly merges?: readonly string[]
  /** bpe only: the name in tokenizer.ggml.pre, or one worked out from tokenizer.json. */
  readonly preTokenizer?: string
  readonly bosId?: number
  readonly eosId?: number
  readonly unknownId?: number
  readonly padId?: number
  /** Ids that end a generation besides eosId (end of turn, end of message …). */
  readonly endOfGenerationIds: readonly number[]
  readonly addBos: boolean
  readonly addEos: boolean
  /** spm only: put a space before the text. */
  readonly addSpacePrefix: boolean
}

/** A model file or folder, parsed and validated; no weight has been read. */
export interface OpenedModel {
  readonly format: 'gguf' | 'safetensors'
  /** The path the user named. */
  readonly path: string
  readonly files: readonly ModelFile[]
  /** GGUF key-values, or config.json flattened with dots. */
  readonly metadata: ReadonlyMap<string, MetadataValue>
  readonly tensors: readonly TensorInfo[]
  /** Absent when the file holds a vocabulary only or an architecture this engine cannot run; `notRunnable` says why. */
  readonly runnable?: { readonly config: ModelConfig; readonly weights: WeightTable }
  readonly notRunnable?: string
  readonly tokenizer?: TokenizerSpec
  /** Why there is no tokenizer although the model may run from token ids. */
  readonly tokenizerProblem?: string
  readonly chatTemplate?: string
}
