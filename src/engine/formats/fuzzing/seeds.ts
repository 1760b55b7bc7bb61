import type { ModelShape } from '../architecture/presets'
import { SMALL_SHAPE } from '../testing/tiny-gguf'
import { dtypeFacts } from '../../../shared/model/dtype'
import type { GgufHeaderSpec } from '../writing/gguf-encoder'
import { layoutModel } from '../writing/model-layout'
import { modelMetadata } from '../writing/model-metadata'
import { encodeSentencePieceModel } from '../writing/sentencepiece-encoder'
import { syntheticVocabulary } from '../writing/synthetic-vocabulary'
import { huggingFaceConfig } from '../writing/write-huggingface-model'

/** A valid GGUF model to damage: its header as structure, and how many bytes of data follow. */
export interface GgufSeed {
  readonly header: GgufHeaderSpec
  readonly dataBytes: number
}

/** A valid Hugging Face folder to damage, file by file. */
export interface FolderSeed {
  readonly json: Readonly<Record<string, unknown>>
  readonly binary: Readonly<Record<string, Uint8Array>>
  /** The header of model.safetensors as an object, and the bytes after it. */
  readonly weightsHeader: unknown
  readonly dataBytes: number
}

/** Seeds are built, not stored: weights are zeros, since loaders never look at them. */
export function ggufSeeds(): readonly GgufSeed[] {
  const model = (shape: ModelShape, mix: string, more: Partial<GgufHeaderSpec> = {}): GgufSeed => {
    const layout = layoutModel(shape, mix)
    const tensors = layout.tensors.map((tensor) => ({ ...tensor, typeId: dtypeFacts(tensor.type).id }))
    return { header: { entries: modelMetadata(shape, mix, 1), tensors, ...more }, dataBytes: layout.dataBytes }
  }
  const entries = modelMetadata(SMALL_SHAPE, 'f32', 1)
  const scaled = model(SMALL_SHAPE, 'f16')
  return [
    model(SMALL_SHAPE, 'f32'),
    model({ ...SMALL_SHAPE, architecture: 'qwen2', tiedEmbedding: true }, 'q8_0', { version: 2 }),
    model({ ...SMALL_SHAPE, architecture: 'qwen3', layerCount: 2 }, 'every-type'),
    model({ ...SMALL_SHAPE, embeddingLength: 256, headDim: 128 }, 'q4_k_m'),
    {
      header: {
        ...scaled.header,
        entries: [
          ...scaled.header.entries,
          { key: 'llama.rope.scaling.type', type: 'string', value: 'yarn' },
          { key: 'llama.rope.scaling.factor', type: 'f32', value: 4 },
          { key: 'llama.rope.scaling.original_context_length', type: 'u32', value: 16 }
        ]
      },
      dataBytes: scaled.dataBytes
    },
    { header: { entries, tensors: [] }, dataBytes: 0 }
  ]
}

export function folderSeed(shape: ModelShape = SMALL_SHAPE): FolderSeed {
  const vocabulary = syntheticVocabulary(shape.vocabularySize)
  let end = 0
  const weightsHeader: Record<string, unknown> = { __metadata__: { format: 'pt' } }
  for (const [name, lengths] of huggingFaceTensors(shape)) {
    const bytes = 2 * lengths.reduce((product, length) => product * length, 1)
    weightsHeader[name] = { dtype: 'F16', shape: lengths, data_offsets: [end, end + bytes] }
    end += bytes
  }
  const merges = ['t h', 'th e', '\u2581 the', 'a n', 'an d']
  const pieces = [...vocabulary.pieces.slice(0, 259), '\u2581', 't', 'h', 'e', 'a']
  return {
    json: {
      'config.json': {
        ...huggingFaceConfig(shape),
        rope_scaling: { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 16 }
      },
      'generation_config.json': { eos_token_id: [2, 1], bos_token_id: 1 },
      'tokenizer_config.json': {
        add_bos_token: true,
        bos_token: { content: '<s>' },
        eos_token: '</s>',
        chat_template: [{ name: 'default', template: '{{ messages }}' }],
        added_tokens_decoder: { 2: { content: '</s>', special: true } }
      },
      'tokenizer.json': {
        added_tokens: [{ id: 1, content: '<s>', special: true }],
        normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '\u2581' }] },
        pre_tokenizer: null,
        post_processor: { type: 'TemplateProcessing', single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A' } }] },
        model: {
          type: 'BPE',
          byte_fallback: true,
          unk_token: '<unk>',
          vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
          merges
        }
      }
    },
    binary: { 'tokenizer.model': encodeSentencePieceModel(vocabulary) },
    weightsHeader,
    dataBytes: end
  }
}

function huggingFaceTensors(shape: ModelShape): readonly (readonly [string, readonly number[]])[] {
  const { embeddingLength: width, feedForwardLength: hidden } = shape
  const queryRows = shape.headCount * shape.headDim
  const keyRows = shape.kvHeadCount * shape.headDim
  const layer = 'model.layers.0'
  return [
    ['model.embed_tokens.weight', [shape.vocabularySize, width]],
    [`${layer}.input_layernorm.weight`, [width]],
    [`${layer}.self_attn.q_proj.weight`, [queryRows, width]],
    [`${layer}.self_attn.k_proj.weight`, [keyRows, width]],
    [`${layer}.self_attn.v_proj.weight`, [keyRows, width]],
    [`${layer}.self_attn.o_proj.weight`, [width, queryRows]],
    [`${layer}.post_attention_layernorm.weight`, [width]],
    [`${layer}.mlp.gate_proj.weight`, [hidden, width]],
    [`${layer}.mlp.up_proj.weight`, [hidden, width]],
    [`${layer}.mlp.down_proj.weight`, [width, hidden]],
    ['model.norm.weight', [width]],
    ['lm_head.weight', [shape.vocabularySize, width]]
  ]
}
