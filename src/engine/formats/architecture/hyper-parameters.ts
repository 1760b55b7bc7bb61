import type { ArchitectureFacts } from './table'

/** Rotary scaling as a file describes it, before frequencies are worked out. */
export type RopeScalingRecipe =
  | { readonly kind: 'none' }
  | { readonly kind: 'linear'; readonly factor: number }
  | {
      readonly kind: 'llama3'
      readonly factor: number
      readonly lowFrequencyFactor: number
      readonly highFrequencyFactor: number
      readonly originalContextLength: number
    }
  | {
      readonly kind: 'yarn'
      readonly factor: number
      readonly originalContextLength: number
      readonly betaFast: number
      readonly betaSlow: number
      /** Multiplies sin and cos; undefined = YaRN's 0.1 ln(factor) + 1. */
      readonly attentionFactor?: number
    }
  /** GGUF's rope_freqs.weight: a divisor for every frequency, worked out by whoever converted the model. */
  | { readonly kind: 'divisors'; readonly divisors: ArrayLike<number> }

/** What a file says about a model, in one form for all formats, before it is compared with the tensors. */
export interface HyperParameters {
  readonly facts: ArchitectureFacts
  readonly name: string
  readonly layerCount: number
  readonly embeddingLength: number
  readonly headCount: number
  readonly kvHeadCount: number
  /** Undefined = embeddingLength / headCount. */
  readonly headDim: number | undefined
  readonly feedForwardLength: number
  /** Undefined = rows of the token embedding. */
  readonly vocabularySize: number | undefined
  readonly contextLength: number
  readonly rmsNormEpsilon: number
  /** Undefined = headDim. */
  readonly ropeDims: number | undefined
  readonly ropeBase: number
  readonly ropeScaling: RopeScalingRecipe
  /** Undefined = tied when the file has no output matrix. */
  readonly tiedEmbedding: boolean | undefined
}
