import { GretaError } from '../../../shared/errors'
import type { HyperParameters, RopeScalingRecipe } from '../architecture/hyper-parameters'
import type { ArchitectureFacts } from '../architecture/table'
import { LIMITS } from '../limits'
import { describeValue, type MetadataReader } from '../metadata-reader'

const DIMENSION = { least: 1, most: LIMITS.dimension }
const POSITIVE = { least: Number.MIN_VALUE, most: Number.MAX_VALUE }
const ROPE_BASE = { least: 1 + 1e-6, most: 1e15 }

/** Hyper-parameters from a flattened config.json (transformers' LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config). */
export function huggingFaceHyperParameters(reader: MetadataReader, facts: ArchitectureFacts, name: string): HyperParameters {
  refuseVariants(reader)
  const headCount = reader.integer('num_attention_heads', DIMENSION)
  const headDim = reader.optionalInteger('head_dim', DIMENSION)
  const embeddingLength = reader.integer('hidden_size', DIMENSION)
  const rotaryShare = reader.optionalNumber('partial_rotary_factor', { least: 0, most: 1 }) ?? 1
  const rotaryDims = Math.floor((headDim ?? embeddingLength / headCount) * rotaryShare)
  return {
    facts,
    name,
    layerCount: reader.integer('num_hidden_layers', { least: 1, most: LIMITS.layers }),
    embeddingLength,
    headCount,
    kvHeadCount: reader.optionalInteger('num_key_value_heads', DIMENSION) ?? headCount,
    headDim,
    feedForwardLength: reader.integer('intermediate_size', DIMENSION),
    vocabularySize: reader.optionalInteger('vocab_size', DIMENSION),
    contextLength: contextLength(reader),
    rmsNormEpsilon: reader.number('rms_norm_eps', { least: Number.MIN_VALUE, most: 1 }),
    ropeDims: rotaryShare === 1 ? undefined : rotaryDims,
    ropeBase: reader.optionalNumber('rope_theta', ROPE_BASE) ?? reader.optionalNumber('rope_parameters.rope_theta', ROPE_BASE) ?? 10_000,
    ropeScaling: scalingRecipe(reader),
    // Absent means false in transformers, but files without lm_head.weight exist; then the tensors decide.
    tiedEmbedding: reader.optionalFlag('tie_word_embeddings') === true ? true : undefined
  }
}

/** Things a config.json may ask for that this engine does not compute. */
function refuseVariants(reader: MetadataReader): void {
  const unsupported = (what: string): GretaError =>
    new GretaError('unsupported', `${reader.sourceName}: ${what}.`, 'Use another version of the model.')
  const activation = reader.optionalText('hidden_act') ?? 'silu'
  if (activation !== 'silu' && activation !== 'swish') {
    throw unsupported(`hidden_act is ${describeValue(activation)}; this engine computes silu`)
  }
  const method = reader.values.get('quantization_config.quant_method')
  if (method !== undefined)
    throw unsupported(`the weights are quantised with ${describeValue(method)}; SafeTensors are read as F32, F16 or BF16`)
}

/**
 * Positions that are computed as in training. A sliding attention window is not computed, so with one the context ends
 * where the window would begin to slide.
 */
function contextLength(reader: MetadataReader): number {
  const positions =
    reader.optionalInteger('max_position_embeddings', DIMENSION) ?? reader.optionalInteger('max_sequence_length', DIMENSION) ?? 2048
  const window = reader.optionalInteger('sliding_window', DIMENSION)
  const slides = window !== undefined && reader.optionalFlag('use_sliding_window') !== false
  return slides ? Math.min(positions, window) : positions
}

function scalingRecipe(reader: MetadataReader): RopeScalingRecipe {
  const block = ['rope_scaling', 'rope_parameters'].find((name) => reader.has(`${name}.rope_type`) || reader.has(`${name}.type`))
  if (block === undefined) return { kind: 'none' }
  const key = (name: string): string => `${block}.${name}`
  const kind = reader.optionalText(key('rope_type')) ?? reader.optionalText(key('type'))
  const factor = (): number => reader.number(key('factor'), POSITIVE)
  const originalContextLength = (): number =>
    reader.optionalInteger(key('original_max_position_embeddings'), DIMENSION) ??
    reader.optionalInteger('original_max_position_embeddings', DIMENSION) ??
    reader.integer('max_position_embeddings', DIMENSION)
  switch (kind) {
    case 'default':
    // Dynamic scaling changes nothing up to the trained context, which is what contextLength allows.
    case 'dynamic':
      return { kind: 'none' }
    case 'linear':
      return { kind: 'linear', factor: factor() }
    case 'llama3': {
      const lowFrequencyFactor = reader.number(key('low_freq_factor'), POSITIVE)
      const highFrequencyFactor = reader.number(key('high_freq_factor'), POSITIVE)
      if (!(highFrequencyFactor > lowFrequencyFactor))
        throw reader.fail(key('high_freq_factor'), `more than low_freq_factor ${lowFrequencyFactor}`)
      return { kind: 'llama3', factor: factor(), lowFrequencyFactor, highFrequencyFactor, originalContextLength: originalContextLength() }
    }
    case 'yarn': {
      const attentionFactor = yarnAttentionFactor(reader, key, factor())
      return {
        kind: 'yarn',
        factor: factor(),
        originalContextLength: originalContextLength(),
        betaFast: reader.optionalNumber(key('beta_fast'), POSITIVE) ?? 32,
        betaSlow: reader.optionalNumber(key('beta_slow'), POSITIVE) ?? 1,
        ...(attentionFactor === undefined ? {} : { attentionFactor })
      }
    }
    default:
      throw new GretaError(
        'unsupported',
        `${reader.sourceName}: rotary scaling of kind ${describeValue(kind)}; this engine knows linear, dynamic, llama3 and yarn.`
      )
  }
}

/** transformers' rule: attention_factor as it stands, else the quotient of two mscale terms, else YaRN's own. */
function yarnAttentionFactor(reader: MetadataReader, key: (name: string) => string, factor: number): number | undefined {
  const given = reader.optionalNumber(key('attention_factor'), POSITIVE)
  if (given !== undefined) return given
  const mscale = reader.optionalNumber(key('mscale'), POSITIVE)
  const mscaleAllDim = reader.optionalNumber(key('mscale_all_dim'), POSITIVE)
  if (mscale === undefined || mscaleAllDim === undefined) return undefined
  const term = (scale: number): number => (factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1)
  return term(mscale) / term(mscaleAllDim)
}
