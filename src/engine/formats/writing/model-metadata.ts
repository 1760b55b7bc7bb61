import type { ModelShape } from '../architecture/presets'
import { ALIGNMENT_BYTES } from './model-layout'
import type { GgufEntry } from './gguf-encoder'
import { syntheticVocabulary } from './synthetic-vocabulary'

/** Key-values of a synthetic model: its hyper-parameters, a vocabulary, and words that say what it is. */
export function modelMetadata(shape: ModelShape, mix: string, seed: number): readonly GgufEntry[] {
  const key = (suffix: string): string => `${shape.architecture}.${suffix}`
  const u32 = (name: string, value: number): GgufEntry => ({ key: name, type: 'u32', value })
  const f32 = (name: string, value: number): GgufEntry => ({ key: name, type: 'f32', value })
  const text = (name: string, value: string): GgufEntry => ({ key: name, type: 'string', value })
  const vocabulary = syntheticVocabulary(shape.vocabularySize)
  return [
    text('general.architecture', shape.architecture),
    text('general.name', `${shape.name} shape, synthetic weights`),
    text('general.description', `Random weights (${mix}, seed ${seed}): for speed and tests. It writes no sensible text.`),
    u32('general.alignment', ALIGNMENT_BYTES),
    u32('general.quantization_version', 2),
    u32('greta.synthetic_seed', seed),
    u32(key('block_count'), shape.layerCount),
    u32(key('context_length'), shape.contextLength),
    u32(key('embedding_length'), shape.embeddingLength),
    u32(key('feed_forward_length'), shape.feedForwardLength),
    u32(key('attention.head_count'), shape.headCount),
    u32(key('attention.head_count_kv'), shape.kvHeadCount),
    u32(key('attention.key_length'), shape.headDim),
    u32(key('attention.value_length'), shape.headDim),
    f32(key('attention.layer_norm_rms_epsilon'), shape.rmsNormEpsilon),
    u32(key('rope.dimension_count'), shape.headDim),
    f32(key('rope.freq_base'), shape.ropeBase),
    text('tokenizer.ggml.model', 'llama'),
    { key: 'tokenizer.ggml.tokens', type: 'array', of: 'string', values: vocabulary.pieces },
    { key: 'tokenizer.ggml.scores', type: 'array', of: 'f32', values: vocabulary.scores },
    { key: 'tokenizer.ggml.token_type', type: 'array', of: 'i32', values: vocabulary.types },
    u32('tokenizer.ggml.unknown_token_id', 0),
    u32('tokenizer.ggml.bos_token_id', 1),
    u32('tokenizer.ggml.eos_token_id', 2),
    { key: 'tokenizer.ggml.add_bos_token', type: 'bool', value: true },
    { key: 'tokenizer.ggml.add_eos_token', type: 'bool', value: false }
  ]
}
