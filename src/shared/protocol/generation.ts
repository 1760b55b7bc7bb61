import * as v from 'valibot'
import { faultSchema } from './fault'
import { LIMITS } from './limits'
import { captureSchema, samplingSchema, stoppingSchema } from './sampling'
import { anyNumber, count, finite, runIdSchema, tokenIdSchema, type Value } from './schemas'

export const chatMessageSchema = v.object({
  role: v.pipe(v.string(), v.minLength(1), v.maxLength(40)),
  content: v.pipe(v.string(), v.maxLength(LIMITS.promptCharacters))
})
export type ChatMessage = Value<typeof chatMessageSchema>

const tokenIds = v.pipe(v.array(tokenIdSchema), v.maxLength(LIMITS.promptTokens))
const text = v.pipe(v.string(), v.maxLength(LIMITS.promptCharacters))
const template = v.exactOptional(v.pipe(v.string(), v.maxLength(LIMITS.templateCharacters)))

/** The three modes of one buffer. */
export const promptSchema = v.variant('kind', [
  v.object({
    kind: v.literal('raw'),
    text,
    /** Put BOS first, as the file asks. */
    addSpecial: v.boolean(),
    /** Read "<|im_start|>" as that token rather than as text. */
    parseSpecial: v.boolean()
  }),
  v.object({
    kind: v.literal('chat'),
    messages: v.pipe(v.array(chatMessageSchema), v.maxLength(LIMITS.chatMessages)),
    /** Replaces the template of the file. */
    template
  }),
  v.object({ kind: v.literal('tokens'), ids: tokenIds })
])
export type Prompt = Value<typeof promptSchema>

/** A token as text: what the editor and the hover show. */
export const pieceSchema = v.object({
  id: count,
  /** Running text of this token alone: control tokens by name, lone bytes as <0xE2>. Display it as text, never as HTML. */
  text: v.string(),
  /** The bytes it stands for, as lower-case hex. */
  bytesHex: v.string(),
  control: v.boolean()
})
export type Piece = Value<typeof pieceSchema>

export const tokenizedSchema = v.object({
  count,
  ids: v.array(count),
  /** At most the number that was asked for, from the start. */
  pieces: v.array(pieceSchema),
  milliseconds: finite
})
export type Tokenized = Value<typeof tokenizedSchema>

export const renderedChatSchema = v.object({ text: v.string(), count, ids: v.array(count), pieces: v.array(pieceSchema) })
export type RenderedChat = Value<typeof renderedChatSchema>

export const generationSettingsSchema = v.object({
  sampling: samplingSchema,
  stopping: stoppingSchema,
  capture: captureSchema,
  /** Planted on purpose while these tokens are computed, and kept in the run's record. */
  fault: v.exactOptional(faultSchema)
})
export type GenerationSettings = Value<typeof generationSettingsSchema>

export const startSchema = v.object({ prompt: promptSchema, ...generationSettingsSchema.entries })
/** More tokens at the end of the same run. */
export const continueSchema = v.object({ runId: runIdSchema, ...generationSettingsSchema.entries })
/** The same prompt again, as a new run. */
export const regenerateSchema = v.object({ runId: runIdSchema, ...generationSettingsSchema.entries })
/** Everything before `position` is kept, `tokenId` takes its place, and a new run goes on from there. */
export const branchSchema = v.object({
  runId: runIdSchema,
  position: count,
  tokenId: tokenIdSchema,
  ...generationSettingsSchema.entries
})

export const FINISH_REASONS = ['end-of-generation', 'length', 'stop-string', 'context-full', 'cancelled', 'failed', 'interrupted'] as const
export type FinishReason = (typeof FINISH_REASONS)[number]

/** What a generation has come to. The CLI prints the same fields from the same report. */
export const generationSummarySchema = v.object({
  promptTokens: count,
  generatedTokens: count,
  /** Prompt tokens that the KV cache already held. */
  reusedTokens: count,
  prefillMilliseconds: finite,
  /** From the start of the request to the first token; absent when there was none. */
  timeToFirstTokenMilliseconds: v.exactOptional(finite),
  /** From the first token to the last. */
  decodeMilliseconds: finite,
  totalMilliseconds: finite,
  prefillTokensPerSecond: finite,
  decodeTokensPerSecond: finite,
  /** NaN values seen in all traced tensors and logits. */
  nanCount: count
})
export type GenerationSummary = Value<typeof generationSummarySchema>

/** Stage by stage, what the sampler did to one row. The columns travel as arrays beside it. */
export const samplerExplanationSchema = v.object({
  runId: runIdSchema,
  position: count,
  vocabularySize: count,
  /** captured: the very row the token was chosen from. re-evaluated: the same forward pass again. */
  source: v.picklist(['captured', 're-evaluated']),
  chosenId: count,
  /** What these settings would have chosen with the draw of this step. */
  wouldChooseId: v.exactOptional(count),
  stages: v.array(
    v.object({
      stage: v.string(),
      /** False where the setting makes the stage do nothing, and `note` says why. */
      active: v.boolean(),
      note: v.exactOptional(v.string()),
      survivorsBefore: count,
      survivorsAfter: count,
      /** Probability (at this point of the chain) of what was removed. */
      massRemoved: finite
    })
  ),
  entropyNats: anyNumber,
  logSumExp: anyNumber,
  nanCount: count
})
export type SamplerExplanation = Value<typeof samplerExplanationSchema>
