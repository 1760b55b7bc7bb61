import * as v from 'valibot'
import { FINISH_REASONS, generationSettingsSchema, generationSummarySchema, promptSchema } from './generation'
import { LIMITS } from './limits'
import { loadedModelSchema } from './model'
import { count, finite, runIdSchema, type Value } from './schemas'

const name = v.pipe(v.string(), v.maxLength(LIMITS.nameCharacters))
const tags = v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(LIMITS.tagCharacters))), v.maxLength(LIMITS.tags))

export const runStateSchema = v.picklist(['running', ...FINISH_REASONS])
export type RunState = Value<typeof runStateSchema>

/** A row of the library. */
export const runRowSchema = v.object({
  id: runIdSchema,
  name,
  tags,
  pinned: v.boolean(),
  createdAt: v.string(),
  state: runStateSchema,
  /** Generation finished in this process (live) or read from a file that came from elsewhere. */
  imported: v.boolean(),
  modelFileName: v.string(),
  modelSha256: v.exactOptional(v.string()),
  quantLabel: v.string(),
  backend: v.string(),
  device: v.string(),
  engineBuild: v.string(),
  /** Decimal, 64 bits. */
  seed: v.string(),
  promptPreview: v.string(),
  textPreview: v.string(),
  summary: generationSummarySchema,
  parent: v.exactOptional(v.object({ runId: runIdSchema, position: count, tokenId: count })),
  sizeBytes: count
})
export type RunRow = Value<typeof runRowSchema>

/** Everything of a run but its arrays; those come as token frames with this `handle`. */
export const runDetailSchema = v.object({
  row: runRowSchema,
  /** Names the run in binary frames of this connection's host. */
  handle: count,
  /** True when the frames come from a file and not from an engine that is running now. */
  recorded: v.boolean(),
  prompt: promptSchema,
  promptIds: v.array(count),
  promptText: v.string(),
  settings: generationSettingsSchema,
  model: v.omit(loadedModelSchema, ['loadMilliseconds']),
  layerCount: count,
  notes: v.string(),
  failure: v.exactOptional(v.string())
})
export type RunDetail = Value<typeof runDetailSchema>

export const runListQuerySchema = v.object({
  /** Words that must all appear in the name, tags, prompt, text, model or backend. */
  search: v.exactOptional(v.pipe(v.string(), v.maxLength(LIMITS.searchCharacters))),
  tag: v.exactOptional(v.string()),
  modelSha256: v.exactOptional(v.string()),
  sort: v.exactOptional(v.picklist(['newest', 'oldest', 'largest', 'fastest', 'name'])),
  offset: v.exactOptional(count),
  limit: v.exactOptional(v.pipe(count, v.minValue(1), v.maxValue(LIMITS.listRows)))
})
export type RunListQuery = Value<typeof runListQuerySchema>

export const diskUseSchema = v.object({
  runCount: count,
  pinnedCount: count,
  usedBytes: count,
  /** Oldest unpinned runs are removed when the sum passes this. */
  boundBytes: count,
  folder: v.string()
})
export type DiskUse = Value<typeof diskUseSchema>

export const runListSchema = v.object({ rows: v.array(runRowSchema), total: count, disk: diskUseSchema })
export type RunList = Value<typeof runListSchema>

export const runUpdateSchema = v.object({
  id: runIdSchema,
  name: v.exactOptional(name),
  tags: v.exactOptional(tags),
  pinned: v.exactOptional(v.boolean()),
  notes: v.exactOptional(v.pipe(v.string(), v.maxLength(LIMITS.notesCharacters)))
})
export type RunUpdate = Value<typeof runUpdateSchema>

/** A run computed again on this machine, token by token against the recording. */
export const runCheckSchema = v.object({
  runId: runIdSchema,
  verdict: v.picklist(['bit-identical', 'same-tokens', 'differs', 'not-comparable']),
  /** One sentence: "bit-identical: 128 tokens and 1,280 candidate logits" or "differs at token 17: …". */
  sentence: v.string(),
  tokensCompared: count,
  candidatesCompared: count,
  /** Index among the generated tokens, and its position in the context. */
  firstDifference: v.exactOptional(
    v.object({ token: count, position: count, recordedId: count, computedId: count, maxLogitDifference: finite })
  ),
  /** What is not the same as then: model hash, backend, engine build … Empty when everything agrees. */
  circumstances: v.array(v.string()),
  milliseconds: finite
})
export type RunCheck = Value<typeof runCheckSchema>
