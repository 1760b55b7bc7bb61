import type { TimedBlock } from '../../../shared/model/trace-points'

export interface StoredTensor {
  readonly name: string
  readonly sizeBytes: number
  readonly shape: readonly number[]
}

/** Bytes of weights that one decoded token reads, by block. KV cache reads come on top in `attention`. */
export type BlockBytes = Readonly<Record<TimedBlock, number>>

/** Which block reads a tensor, by the names of GGUF and of Hugging Face folders. */
const RULES: readonly { readonly pattern: RegExp; readonly block: TimedBlock }[] = [
  { pattern: /(attn_(q|k)_norm|self_attn\.(q|k)_norm)/, block: 'qkv' },
  { pattern: /(attn_(q|k|v)\.|self_attn\.(q|k|v)_proj)/, block: 'qkv' },
  { pattern: /(attn_output\.|self_attn\.o_proj)/, block: 'attention' },
  { pattern: /(ffn_(gate|up|down)\.|mlp\.(gate|up|down)_proj)/, block: 'ffn' },
  { pattern: /(attn_norm|ffn_norm|input_layernorm|post_attention_layernorm)/, block: 'norm' },
  { pattern: /^(output_norm|model\.norm)\./, block: 'norm' },
  { pattern: /^(output|lm_head)\./, block: 'lm_head' }
]

const isEmbedding = (name: string): boolean => /^(token_embd|model\.embed_tokens)\./.test(name)

export function blockBytes(tensors: readonly StoredTensor[]): BlockBytes {
  const bytes: Record<TimedBlock, number> = { embedding: 0, norm: 0, qkv: 0, attention: 0, ffn: 0, lm_head: 0, sampling: 0, host_gap: 0 }
  const embedding = tensors.find((tensor) => isEmbedding(tensor.name))
  for (const tensor of tensors) {
    const rule = RULES.find(({ pattern }) => pattern.test(tensor.name))
    if (rule !== undefined) bytes[rule.block] += tensor.sizeBytes
  }
  if (embedding !== undefined) {
    bytes.embedding = embedding.sizeBytes / Math.max(1, embedding.shape[0] ?? 1)
    // A tied model has no tensor of its own for the head: it reads the embedding.
    if (bytes.lm_head === 0) bytes.lm_head = embedding.sizeBytes
  }
  return bytes
}

export interface KvShape {
  readonly layerCount: number
  readonly kvHeadCount: number
  readonly headDim: number
  readonly kvType: 'f32' | 'f16'
}

/** Bytes of keys and values that attention reads at `position`: those of all positions up to it. */
export const kvBytes = (shape: KvShape, position: number): number =>
  2 * shape.layerCount * shape.kvHeadCount * shape.headDim * (shape.kvType === 'f16' ? 2 : 4) * (position + 1)
