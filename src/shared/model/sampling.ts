/** The stages of the sampler. `order` runs any of them in any order; a stage whose knob is neutral does nothing. */
export const SAMPLER_STAGES = ['logit-bias', 'penalties', 'temperature', 'top-k', 'typical', 'top-p', 'min-p'] as const
export type SamplerStage = (typeof SAMPLER_STAGES)[number]

/** Every knob of the sampler. The neutral value switches a stage off. */
export interface SamplingSettings {
  /** 0 = greedy: the highest logit after bias and penalties, ties to the lowest id. Range 0..100. */
  readonly temperature: number
  /** Keep the k highest logits; 0 = all. */
  readonly topK: number
  /** Keep the smallest set of the most probable tokens whose probability reaches this; 1 = all. Range (0, 1]. */
  readonly topP: number
  /** Drop tokens whose probability is below this share of the most probable one's; 0 = none. Range [0, 1]. */
  readonly minP: number
  /** Locally typical sampling (arXiv:2202.00666): keep this mass of the tokens whose surprisal is nearest the entropy; 1 = all. */
  readonly typicalP: number
  /** Positive logits of recent tokens are divided by this, negative ones multiplied; 1 = off. Range (0, 100]. */
  readonly repeatPenalty: number
  /** Subtracted once for every occurrence among the recent tokens; 0 = off. Range -100..100. */
  readonly frequencyPenalty: number
  /** Subtracted once from every recent token; 0 = off. Range -100..100. */
  readonly presencePenalty: number
  /** How many of the last tokens (prompt included) the three penalties look at; 0 = off, -1 = the whole context. */
  readonly penaltyWindow: number
  /** Added to the logits of these ids, -Infinity forbids one. */
  readonly logitBias: readonly { readonly id: number; readonly bias: number }[]
  /** 64-bit; the random number of a token depends only on (seed, its position). */
  readonly seed: bigint
  readonly order: readonly SamplerStage[]
}

export const DEFAULT_SAMPLING: SamplingSettings = {
  temperature: 1,
  topK: 50,
  topP: 1,
  minP: 0,
  typicalP: 1,
  repeatPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  penaltyWindow: 64,
  logitBias: [],
  seed: 0n,
  order: SAMPLER_STAGES
}

/** Reads best with the bundled story model (its model card). */
export const STORY_SAMPLING: SamplingSettings = { ...DEFAULT_SAMPLING, temperature: 0.8, topK: 0, topP: 0.95, repeatPenalty: 1.1 }
