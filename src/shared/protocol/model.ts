import * as v from 'valibot'
import { LIMITS } from './limits'
import { anyNumber, count, finite, fraction, pathSchema, type Value } from './schemas'

/** A backend that was looked for: present and usable, or the reason why not. */
export const deviceSchema = v.object({
  name: v.string(),
  available: v.boolean(),
  /** The line the backend says about itself: device and instruction set. */
  description: v.string(),
  /** Why it cannot be used; empty when available. */
  reason: v.string(),
  /** The library file it came from; empty for those inside the addon. */
  library: v.string()
})
export type Device = Value<typeof deviceSchema>

export const loadOptionsSchema = v.object({
  backend: v.exactOptional(v.pipe(v.string(), v.maxLength(40))),
  deviceIndex: v.exactOptional(count),
  /** Positions of the KV cache; absent = the smaller of the model's own and 4096. */
  context: v.exactOptional(v.pipe(count, v.minValue(1), v.maxValue(LIMITS.promptTokens))),
  threads: v.exactOptional(v.pipe(count, v.minValue(1), v.maxValue(1024))),
  kvType: v.exactOptional(v.picklist(['f32', 'f16'])),
  precision: v.exactOptional(v.picklist(['f32', 'bf16'])),
  batch: v.exactOptional(v.pipe(count, v.minValue(1), v.maxValue(65536))),
  /** Load although the plan says that it does not fit. */
  ignoreMemoryLimit: v.exactOptional(v.boolean())
})
export type LoadOptions = Value<typeof loadOptionsSchema>

export const memoryPlanSchema = v.object({
  weightsMappedBytes: count,
  weightsResidentBytes: count,
  kvCacheBytes: count,
  activationsBytes: count,
  traceBytes: count,
  logitsHistoryBytes: count,
  otherBytes: count,
  totalBytes: count,
  /** What the machine (or the device) can give now. */
  availableBytes: count,
  fits: v.boolean()
})
export type MemoryPlanSummary = Value<typeof memoryPlanSchema>

export const devicePlanSchema = v.object({
  device: deviceSchema,
  plan: v.exactOptional(memoryPlanSchema),
  /** Why this device cannot run the model. */
  reason: v.exactOptional(v.string())
})
export type DevicePlan = Value<typeof devicePlanSchema>

export const modelConfigSchema = v.object({
  architecture: v.string(),
  name: v.string(),
  layerCount: count,
  embeddingLength: count,
  headCount: count,
  kvHeadCount: count,
  headDim: count,
  feedForwardLength: count,
  vocabularySize: count,
  contextLength: count,
  rmsNormEpsilon: finite,
  ropeBase: finite,
  ropePairing: v.picklist(['interleaved', 'half-split']),
  ropeScaling: v.object({ kind: v.string(), factor: finite }),
  tiedEmbedding: v.boolean(),
  parameterCount: count
})
export type ModelConfigSummary = Value<typeof modelConfigSchema>

export const metadataRowSchema = v.object({
  key: v.string(),
  /** "string", "number", "array[32000] of string" … */
  type: v.string(),
  /** Ready to show; long values are cut and say so in `truncated`. */
  value: v.string(),
  truncated: v.boolean()
})
export type MetadataRow = Value<typeof metadataRowSchema>

export const tensorRowSchema = v.object({
  name: v.string(),
  type: v.string(),
  shape: v.array(count),
  elementCount: count,
  sizeBytes: count,
  offsetBytes: count,
  file: count,
  /** Layer number, or -1 outside the layers. */
  layer: v.pipe(v.number(), v.safeInteger(), v.minValue(-1))
})
export type TensorRow = Value<typeof tensorRowSchema>

export const quantMixRowSchema = v.object({ type: v.string(), tensorCount: count, elementCount: count, sizeBytes: count })
export type QuantMixRow = Value<typeof quantMixRowSchema>

export const tokenizerSummarySchema = v.object({
  kind: v.string(),
  preTokenizer: v.exactOptional(v.string()),
  vocabularySize: count,
  mergeCount: count,
  bosId: v.exactOptional(count),
  eosId: v.exactOptional(count),
  addBos: v.boolean(),
  addEos: v.boolean(),
  addSpacePrefix: v.boolean(),
  endOfGenerationIds: v.array(count)
})
export type TokenizerSummary = Value<typeof tokenizerSummarySchema>

/** Everything about a file that can be said without reading a weight. */
export const modelInspectionSchema = v.object({
  path: v.string(),
  format: v.picklist(['gguf', 'safetensors']),
  files: v.array(v.object({ path: v.string(), sizeBytes: count })),
  totalBytes: count,
  /** "Q4_K: 193 tensors, Q6_K: 33 …" as data. */
  quantMix: v.array(quantMixRowSchema),
  metadata: v.array(metadataRowSchema),
  tensors: v.array(tensorRowSchema),
  config: v.exactOptional(modelConfigSchema),
  /** Why this file cannot be run, when it cannot. */
  notRunnable: v.exactOptional(v.string()),
  tokenizer: v.exactOptional(tokenizerSummarySchema),
  chatTemplate: v.exactOptional(v.string())
})
export type ModelInspection = Value<typeof modelInspectionSchema>

export const loadedModelSchema = v.object({
  path: v.string(),
  /** File name without folder, for titles. */
  fileName: v.string(),
  format: v.picklist(['gguf', 'safetensors']),
  config: modelConfigSchema,
  tokenizer: tokenizerSummarySchema,
  hasChatTemplate: v.boolean(),
  chatTemplate: v.exactOptional(v.string()),
  /** "Q4_K_M"-like label from the file, or the type most weights have. */
  quantLabel: v.string(),
  sizeBytes: count,
  backend: v.string(),
  device: v.string(),
  options: v.object({
    context: count,
    batch: count,
    threads: count,
    kvType: v.picklist(['f32', 'f16']),
    precision: v.picklist(['f32', 'bf16']),
    deviceIndex: count
  }),
  plan: memoryPlanSchema,
  loadMilliseconds: finite,
  /** SHA-256 of the model's files; absent until it has been computed. */
  sha256: v.exactOptional(v.string()),
  tracePointCount: count
})
export type LoadedModel = Value<typeof loadedModelSchema>

export const recentModelSchema = v.object({
  path: v.string(),
  fileName: v.string(),
  sizeBytes: count,
  openedAt: v.string(),
  /** False when the file is no longer there. */
  exists: v.boolean(),
  bundled: v.boolean()
})
export type RecentModel = Value<typeof recentModelSchema>

/** Statistics of a weight after dequantisation. Counts first, then the finite values: NaN poisons nothing. */
export const tensorStatisticsSchema = v.object({
  name: v.string(),
  type: v.string(),
  shape: v.array(count),
  elementCount: count,
  nanCount: count,
  positiveInfinityCount: count,
  negativeInfinityCount: count,
  zeroCount: count,
  minimum: anyNumber,
  maximum: anyNumber,
  mean: anyNumber,
  standardDeviation: anyNumber,
  rms: anyNumber,
  absoluteMaximum: anyNumber,
  /** Equal bins over [minimum, maximum]; counts add up to the finite values. */
  histogram: v.object({ minimum: anyNumber, maximum: anyNumber, counts: v.pipe(v.array(count), v.maxLength(LIMITS.histogramBins)) }),
  milliseconds: finite
})
export type TensorStatistics = Value<typeof tensorStatisticsSchema>

export const loadProgressSchema = v.object({
  path: pathSchema,
  phase: v.picklist(['reading', 'planning', 'loading', 'ready']),
  fraction: fraction
})
export type LoadProgress = Value<typeof loadProgressSchema>

/** A folder of the machine the engine runs on: what a page without a file dialog browses. */
export const folderListingSchema = v.object({
  path: v.string(),
  parent: v.exactOptional(v.string()),
  entries: v.array(
    v.object({ name: v.string(), path: v.string(), kind: v.picklist(['folder', 'model', 'model-folder', 'run']), sizeBytes: count })
  )
})
export type FolderListing = Value<typeof folderListingSchema>
