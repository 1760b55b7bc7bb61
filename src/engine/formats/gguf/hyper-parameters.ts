import { GretaError } from '../../../shared/errors'
import type { HyperParameters, RopeScalingRecipe } from '../architecture/hyper-parameters'
import type { ArchitectureFacts } from '../architecture/table'
import { LIMITS } from '../limits'
import type { MetadataReader } from '../metadata-reader'

const DIMENSION = { least: 1, most: LIMITS.dimension }
const POSITIVE = { least: Number.MIN_VALUE, most: Number.MAX_VALUE }
const ROPE_BASE = { least: 1 + 1e-6, most: 1e15 }

/** Hyper-parameters from GGUF metadata (ggml docs/gguf.md, "LLM"). `ropeDivisors` are the values of rope_freqs.weight. */
export function ggufHyperParameters(
  reader: MetadataReader,
  facts: ArchitectureFacts,
  ropeDivisors: ArrayLike<number> | undefined
): HyperParameters {
  const key = (suffix: string): string => `${facts.ggufName}.${suffix}`
  refuseVariants(reader, key)
  const headCount = reader.optionalUniformInteger(key('attention.head_count'), DIMENSION)
  const feedForwardLength = reader.optionalUniformInteger(key('feed_forward_length'), DIMENSION)
  if (headCount === undefined) throw reader.fail(key('attention.head_count'), 'a whole number')
  if (feedForwardLength === undefined) throw reader.fail(key('feed_forward_length'), 'a whole number')
  const headDim = reader.optionalInteger(key('attention.key_length'), DIMENSION)
  const valueDim = reader.optionalInteger(key('attention.value_length'), DIMENSION)
  if (valueDim !== undefined && headDim !== undefined && valueDim !== headDim) {
    throw new GretaError(
      'unsupported',
      `${reader.sourceName}: keys of ${headDim} and values of ${valueDim} dimensions; they must be equal.`
    )
  }
  return {
    facts,
    name: reader.optionalText('general.name') ?? reader.sourceName,
    layerCount: reader.integer(key('block_count'), { least: 1, most: LIMITS.layers }),
    embeddingLength: reader.integer(key('embedding_length'), DIMENSION),
    headCount,
    kvHeadCount: reader.optionalUniformInteger(key('attention.head_count_kv'), DIMENSION) ?? headCount,
    headDim: headDim ?? valueDim,
    feedForwardLength,
    vocabularySize: reader.optionalInteger(key('vocab_size'), DIMENSION),
    contextLength: contextLength(reader, key),
    rmsNormEpsilon: reader.number(key('attention.layer_norm_rms_epsilon'), { least: Number.MIN_VALUE, most: 1 }),
    ropeDims: reader.optionalInteger(key('rope.dimension_count'), { least: 2, most: LIMITS.headDim }),
    ropeBase: reader.optionalNumber(key('rope.freq_base'), ROPE_BASE) ?? 10_000,
    ropeScaling: scalingRecipe(reader, key, ropeDivisors),
    tiedEmbedding: undefined
  }
}

/** Positions that are computed as in training: a sliding window is not computed, so the context ends where it would begin to slide. */
function contextLength(reader: MetadataReader, key: (suffix: string) => string): number {
  const trained = reader.integer(key('context_length'), DIMENSION)
  const window = reader.optionalInteger(key('attention.sliding_window'), { least: 0, most: LIMITS.dimension }) ?? 0
  return window === 0 ? trained : Math.min(trained, window)
}

/** Things that metadata of a known architecture may switch on and this engine does not compute. */
function refuseVariants(reader: MetadataReader, key: (suffix: string) => string): void {
  const experts = reader.optionalInteger(key('expert_count'), { least: 0, most: LIMITS.dimension }) ?? 0
  if (experts > 0) {
    throw new GretaError('unsupported', `${reader.sourceName}: a mixture of ${experts} experts; this engine runs dense models only.`)
  }
}

function scalingRecipe(
  reader: MetadataReader,
  key: (suffix: string) => string,
  ropeDivisors: ArrayLike<number> | undefined
): RopeScalingRecipe {
  const kind = reader.optionalText(key('rope.scaling.type'))
  const factor = reader.optionalNumber(key('rope.scaling.factor'), POSITIVE) ?? reader.optionalNumber(key('rope.scale_linear'), POSITIVE)
  if (ropeDivisors !== undefined) {
    if (kind !== undefined && kind !== 'none' && kind !== 'llama3' && (factor ?? 1) !== 1) {
      throw new GretaError('unsupported', `${reader.sourceName}: rope_freqs.weight together with ${kind} scaling; one of them is expected.`)
    }
    return { kind: 'divisors', divisors: ropeDivisors }
  }
  if (kind === 'yarn') {
    const originalKey = key('rope.scaling.original_context_length')
    const attentionFactor = yarnAttentionFactor(reader, key, factor ?? 1)
    return {
      kind: 'yarn',
      factor: factor ?? 1,
      originalContextLength:
        reader.optionalInteger(originalKey, DIMENSION) ?? reader.integer(key('context_length'), { least: 1, most: LIMITS.dimension }),
      betaFast: reader.optionalNumber(key('rope.scaling.yarn_beta_fast'), POSITIVE) ?? 32,
      betaSlow: reader.optionalNumber(key('rope.scaling.yarn_beta_slow'), POSITIVE) ?? 1,
      ...(attentionFactor === undefined ? {} : { attentionFactor })
    }
  }
  if (kind === undefined || kind === 'none' || kind === 'linear') {
    return factor === undefined || factor === 1 || kind === 'none' ? { kind: 'none' } : { kind: 'linear', factor }
  }
  throw new GretaError(
    'unsupported',
    `${reader.sourceName}: rotary scaling of kind ${JSON.stringify(kind)}; this engine knows linear, yarn and Llama 3's frequency factors.`
  )
}

/** GGUF's attn_factor multiplies YaRN's own 0.1 ln(factor) + 1. */
function yarnAttentionFactor(reader: MetadataReader, key: (suffix: string) => string, factor: number): number | undefined {
  const extra =
    reader.optionalNumber(key('rope.scaling.yarn_attn_factor'), POSITIVE) ??
    reader.optionalNumber(key('rope.scaling.attn_factor'), POSITIVE)
  if (extra === undefined) return undefined
  return extra * (factor > 1 ? 0.1 * Math.log(factor) + 1 : 1)
}
