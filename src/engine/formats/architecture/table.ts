import type { Architecture } from '../../../shared/model/description'

/** Facts about a model family. Adding an architecture that differs only in these is adding a row. */
export interface ArchitectureFacts {
  readonly architecture: Architecture
  /** general.architecture of a GGUF file. */
  readonly ggufName: string
  /** model_type of config.json. */
  readonly huggingFaceModelTypes: readonly string[]
  /**
   * Which dimensions rotary embedding turns together, once rows are read through the weight table's row order. Hugging Face
   * stores everybody's rotary rows half-split, so an 'interleaved' family needs its q and k rows reordered from there.
   */
  readonly ropePairing: 'interleaved' | 'half-split'
  /** A bias on q, k and v. */
  readonly attentionBias: boolean
  /** RMS norm of every head of q and k before rotary embedding. */
  readonly queryKeyNorm: boolean
}

export const ARCHITECTURES: readonly ArchitectureFacts[] = [
  // Llama 1/2/3.x, Mistral, TinyLlama, SmolLM 1 and 2.
  {
    architecture: 'llama',
    ggufName: 'llama',
    huggingFaceModelTypes: ['llama', 'mistral'],
    ropePairing: 'interleaved',
    attentionBias: false,
    queryKeyNorm: false
  },
  {
    architecture: 'qwen2',
    ggufName: 'qwen2',
    huggingFaceModelTypes: ['qwen2'],
    ropePairing: 'half-split',
    attentionBias: true,
    queryKeyNorm: false
  },
  {
    architecture: 'qwen3',
    ggufName: 'qwen3',
    huggingFaceModelTypes: ['qwen3'],
    ropePairing: 'half-split',
    attentionBias: false,
    queryKeyNorm: true
  }
]

/** The roles of a layer's tensors, as LayerWeightTable names them. */
export type LayerRole =
  | 'attnNorm'
  | 'q'
  | 'k'
  | 'v'
  | 'qBias'
  | 'kBias'
  | 'vBias'
  | 'qNorm'
  | 'kNorm'
  | 'attnOutput'
  | 'ffnNorm'
  | 'ffnGate'
  | 'ffnUp'
  | 'ffnDown'
export type ModelRole = 'tokenEmbedding' | 'finalNorm' | 'lmHead'

/** How one file format names tensors; `{}` in a layer name is the layer number. */
export interface TensorNaming {
  readonly model: Readonly<Record<ModelRole, string>>
  readonly layer: Readonly<Record<LayerRole, string>>
  /** Tensors that carry no weights of their own (precomputed rotary tables) and are left unread. */
  readonly ignored: readonly RegExp[]
}

export const GGUF_NAMING: TensorNaming = {
  model: { tokenEmbedding: 'token_embd.weight', finalNorm: 'output_norm.weight', lmHead: 'output.weight' },
  layer: {
    attnNorm: 'blk.{}.attn_norm.weight',
    q: 'blk.{}.attn_q.weight',
    k: 'blk.{}.attn_k.weight',
    v: 'blk.{}.attn_v.weight',
    qBias: 'blk.{}.attn_q.bias',
    kBias: 'blk.{}.attn_k.bias',
    vBias: 'blk.{}.attn_v.bias',
    qNorm: 'blk.{}.attn_q_norm.weight',
    kNorm: 'blk.{}.attn_k_norm.weight',
    attnOutput: 'blk.{}.attn_output.weight',
    ffnNorm: 'blk.{}.ffn_norm.weight',
    ffnGate: 'blk.{}.ffn_gate.weight',
    ffnUp: 'blk.{}.ffn_up.weight',
    ffnDown: 'blk.{}.ffn_down.weight'
  },
  ignored: [/^rope_freqs\.weight$/u, /^blk\.\d+\.attn_rot_embd(\.weight)?$/u]
}

export const HUGGING_FACE_NAMING: TensorNaming = {
  model: { tokenEmbedding: 'model.embed_tokens.weight', finalNorm: 'model.norm.weight', lmHead: 'lm_head.weight' },
  layer: {
    attnNorm: 'model.layers.{}.input_layernorm.weight',
    q: 'model.layers.{}.self_attn.q_proj.weight',
    k: 'model.layers.{}.self_attn.k_proj.weight',
    v: 'model.layers.{}.self_attn.v_proj.weight',
    qBias: 'model.layers.{}.self_attn.q_proj.bias',
    kBias: 'model.layers.{}.self_attn.k_proj.bias',
    vBias: 'model.layers.{}.self_attn.v_proj.bias',
    qNorm: 'model.layers.{}.self_attn.q_norm.weight',
    kNorm: 'model.layers.{}.self_attn.k_norm.weight',
    attnOutput: 'model.layers.{}.self_attn.o_proj.weight',
    ffnNorm: 'model.layers.{}.post_attention_layernorm.weight',
    ffnGate: 'model.layers.{}.mlp.gate_proj.weight',
    ffnUp: 'model.layers.{}.mlp.up_proj.weight',
    ffnDown: 'model.layers.{}.mlp.down_proj.weight'
  },
  ignored: [/^model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq$/u]
}

export const supportedArchitectures = (): string => ARCHITECTURES.map((facts) => facts.architecture).join(', ')
