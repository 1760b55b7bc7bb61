import * as v from 'valibot'
import { DEFAULT_SAMPLING, SAMPLER_STAGES, type SamplingSettings } from '../model/sampling'
import { LIMITS } from './limits'
import { anyNumber, count, finite, fromAnyNumber, toAnyNumber, tokenIdSchema, type Value } from './schemas'

/**
 * SamplingSettings (shared/model/sampling) as JSON can carry them: the seed in decimal, a forbidding bias as "-Infinity". The page
 * keeps its knobs in this form; meaning and ranges of every knob are documented there.
 */
export const samplingSchema = v.object({
  temperature: v.pipe(finite, v.minValue(0), v.maxValue(100)),
  topK: v.pipe(count, v.maxValue(1_000_000)),
  topP: v.pipe(finite, v.gtValue(0), v.maxValue(1)),
  minP: v.pipe(finite, v.minValue(0), v.maxValue(1)),
  typicalP: v.pipe(finite, v.gtValue(0), v.maxValue(1)),
  repeatPenalty: v.pipe(finite, v.gtValue(0), v.maxValue(100)),
  frequencyPenalty: v.pipe(finite, v.minValue(-100), v.maxValue(100)),
  presencePenalty: v.pipe(finite, v.minValue(-100), v.maxValue(100)),
  penaltyWindow: v.pipe(v.number(), v.safeInteger(), v.minValue(-1), v.maxValue(LIMITS.promptTokens)),
  logitBias: v.pipe(v.array(v.object({ id: tokenIdSchema, bias: anyNumber })), v.maxLength(LIMITS.logitBiases)),
  seed: v.pipe(
    v.string(),
    v.regex(/^\d{1,20}$/, 'expected a seed: a whole number from 0 to 18446744073709551615'),
    v.check((text) => BigInt(text) <= 0xffff_ffff_ffff_ffffn, 'expected a seed of at most 18446744073709551615')
  ),
  order: v.pipe(v.array(v.picklist(SAMPLER_STAGES)), v.maxLength(SAMPLER_STAGES.length))
})
export type SamplingMessage = Value<typeof samplingSchema>

export const toSamplingMessage = (settings: SamplingSettings): SamplingMessage => ({
  ...settings,
  seed: String(settings.seed),
  logitBias: settings.logitBias.map(({ id, bias }) => ({ id, bias: toAnyNumber(bias) }))
})

export const fromSamplingMessage = (message: SamplingMessage): SamplingSettings => ({
  ...message,
  seed: BigInt(message.seed),
  logitBias: message.logitBias.map(({ id, bias }) => ({ id, bias: fromAnyNumber(bias) }))
})

export const captureSchema = v.object({
  /**
   * off: token, time and text only. logits: top candidates, logsumexp, entropy, rank, margin. stats: also ten statistics of
   * every trace point of every evaluated position, the prompt's included.
   */
  level: v.picklist(['off', 'logits', 'stats']),
  /** Candidates kept a token; 0 .. 64. */
  candidates: v.pipe(count, v.maxValue(LIMITS.candidates)),
  /** Time every block of every layer. */
  timings: v.boolean(),
  /** Keep a sketch of the residual stream after every layer of every generated token: such a run can be a reference for drift. */
  sketches: v.optional(v.boolean(), false)
})
export type CaptureSettings = Value<typeof captureSchema>

export const stoppingSchema = v.object({
  maxTokens: v.pipe(count, v.maxValue(LIMITS.promptTokens)),
  stopStrings: v.pipe(
    v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(LIMITS.stopStringCharacters))),
    v.maxLength(LIMITS.stopStrings)
  ),
  /** Go on after an end-of-generation token. */
  ignoreEos: v.boolean()
})
export type StoppingSettings = Value<typeof stoppingSchema>

export const DEFAULT_SAMPLING_MESSAGE: SamplingMessage = toSamplingMessage(DEFAULT_SAMPLING)
export const DEFAULT_CAPTURE: CaptureSettings = { level: 'stats', candidates: 10, timings: true, sketches: false }
export const DEFAULT_STOPPING: StoppingSettings = { maxTokens: 128, stopStrings: [], ignoreEos: false }
