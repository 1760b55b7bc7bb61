import * as v from 'valibot'
import { LAYER_POINTS, TRACE_FLOAT_FIELDS } from '../model/trace-points'
import { faultSchema } from './fault'
import { LIMITS } from './limits'
import { anyNumber, count, pathSchema, runIdSchema, toAnyNumber, tokenIdSchema, type Value } from './schemas'

/** Reports of the numeric tools: parity, first divergence, equivalence, health, lens, drift. The command line prints the same objects. */

/** A number of a report. NaN and infinities are findings here: they travel as text and arrive as numbers. */
const measured = v.pipe(anyNumber, v.transform(Number))
const text = v.string()
const layerPoint = v.picklist(LAYER_POINTS)
const tracePoint = v.picklist(['embedding', ...LAYER_POINTS, 'final_norm', 'logits'])
/** -1: before the first layer; the layer count: after the last. */
const layerIndex = v.pipe(v.number(), v.safeInteger(), v.minValue(-1))
const index = v.pipe(v.number(), v.safeInteger(), v.minValue(-1))

/** A report as JSON: the same object with NaN and infinities as text. Key order is kept, so equal reports are equal bytes. */
export function toWire(value: unknown): unknown {
  if (typeof value === 'number') return toAnyNumber(value)
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>, toAnyNumber)
  if (Array.isArray(value)) return value.map(toWire)
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, toWire(entry)]))
  return value
}

export const percentilesSchema = v.object({
  count,
  nanCount: count,
  mean: measured,
  minimum: measured,
  percentile01: measured,
  percentile1: measured,
  percentile5: measured,
  percentile10: measured,
  median: measured,
  percentile90: measured,
  percentile95: measured,
  percentile99: measured,
  percentile999: measured,
  maximum: measured
})
/** Values at fixed ranks of a sample, in the order a KL-divergence report lists them. NaN values are counted, not ranked. */
export type Percentiles = Value<typeof percentilesSchema>

export const positionComparisonSchema = v.object({
  position: count,
  /** KL(reference ‖ test), nats. */
  klDivergence: measured,
  nmse: measured,
  maxAbsoluteDifference: measured,
  referenceTop: index,
  testTop: index,
  sameTop1: v.boolean(),
  /** How many of the reference's five best are among the test's five best, 0..1. */
  top5Agreement: measured,
  /** The token that really follows; -1 at the end. */
  nextId: index,
  /** p(test) - p(reference) of the token that follows; NaN without one. */
  probabilityDifference: measured,
  referenceLogProbability: measured,
  testLogProbability: measured,
  bitEqual: v.boolean()
})
/** Two logits rows of the same position, compared. */
export type PositionComparison = Value<typeof positionComparisonSchema>

export const comparisonSummarySchema = v.object({
  positions: count,
  bitEqualPositions: count,
  /** Over the rows; the largest row decides the verdict. */
  meanNmse: measured,
  maxNmse: measured,
  maxAbsoluteDifference: measured,
  klDivergence: percentilesSchema,
  /** p(test) - p(reference) of the token that follows. */
  probabilityDifference: percentilesSchema,
  probabilityDifferenceRms: measured,
  sameTop1Share: measured,
  top5Agreement: measured,
  /** exp(-mean ln p) of the tokens that follow; NaN when nothing follows. */
  referencePerplexity: measured,
  testPerplexity: measured,
  perplexityRatio: measured,
  /** Worst positions by KL divergence, worst first. */
  worstPositions: v.array(count)
})
/** The list of a perplexity / KL-divergence tool, over all positions of a run. */
export type ComparisonSummary = Value<typeof comparisonSummarySchema>

export const pointErrorSchema = v.object({
  layer: layerIndex,
  point: tracePoint,
  /** Σ difference² / Σ reference² over all positions: what has piled up so far. */
  cumulativeNmse: measured,
  cumulativeRelativeError: measured,
  worstPosition: index,
  maxAbsoluteDifference: measured,
  /** The operation alone, the reference run on the tested side's own inputs; absent where it was not measured. */
  localNmse: v.exactOptional(measured),
  localWorstPosition: v.exactOptional(index)
})
export type PointError = Value<typeof pointErrorSchema>

export const limitsSchema = v.object({ logitsNmse: measured, meanKlDivergence: measured, localNmse: measured, why: text })
/** An NMSE or divergence at or above its limit fails. */
export type Limits = Value<typeof limitsSchema>

export const BAND_NAMES = ['bit-identical', 'identical', 'excellent', 'very good', 'good', 'check', 'broken'] as const
export type BandName = (typeof BAND_NAMES)[number]

export const parityReportSchema = v.object({
  reference: text,
  test: text,
  tokenCount: count,
  limits: limitsSchema,
  band: v.picklist(BAND_NAMES),
  summary: comparisonSummarySchema,
  positions: v.array(positionComparisonSchema),
  points: v.array(pointErrorSchema),
  /** Positions the local errors were measured on; 0 = not measured, `localSkipped` says why. */
  localPositions: count,
  localSkipped: v.exactOptional(text),
  verdict: v.picklist(['ok', 'failed']),
  /** One sentence a limit; empty when ok. */
  failures: v.array(text)
})
export type ParityReport = Value<typeof parityReportSchema>

export const divergenceCardSchema = v.object({
  layer: count,
  point: layerPoint,
  operation: text,
  localNmse: measured,
  limit: measured,
  firstPosition: count,
  worstElement: index,
  expected: measured,
  found: measured,
  /** The largest local NMSE among this layer's operations before the offender: how well its inputs were made. */
  inputsNmse: measured,
  diagnosis: v.exactOptional(text)
})
/** The first operation that leaves its limit, and what is known about it. */
export type DivergenceCard = Value<typeof divergenceCardSchema>

export const divergenceReportSchema = v.object({
  reference: text,
  test: text,
  positions: count,
  limit: measured,
  /** Blocks up to the offender. Local: the reference ran the block on the very input the tested side had. */
  blocks: v.array(v.object({ layer: count, localNmse: measured, cumulativeNmse: measured })),
  /** Absent when no operation of any block leaves its limit. */
  first: v.exactOptional(divergenceCardSchema),
  verdict: v.picklist(['agree', 'diverges'])
})
export type DivergenceReport = Value<typeof divergenceReportSchema>

export const equivalenceReportSchema = v.object({
  positions: count,
  tracePoints: count,
  reference: text,
  ways: v.array(
    v.object({
      name: text,
      bitEqual: v.boolean(),
      firstDifference: v.exactOptional(
        v.object({ position: count, layer: layerIndex, point: tracePoint, differingPositions: count, boundary: text })
      )
    })
  ),
  verdict: v.picklist(['equal', 'different'])
})
export type EquivalenceReport = Value<typeof equivalenceReportSchema>

export const noiseReportSchema = v.object({
  test: text,
  positions: count,
  tracePoints: count,
  /** Against the first time. `largest`: the largest relative difference of any statistic. */
  repeats: v.array(v.object({ name: text, differingRows: count, largest: measured })),
  /** One entry a statistic: the 99th percentile over positions and repeats, by trace index, and where it is largest. */
  floors: v.array(
    v.object({
      field: v.picklist(TRACE_FLOAT_FIELDS),
      percentile99: v.array(measured),
      largest: measured,
      layer: layerIndex,
      point: tracePoint
    })
  ),
  verdict: v.picklist(['bit-identical', 'noisy'])
})
/** What repeats of the same computation differ by: below it, a difference is no drift. */
export type NoiseReport = Value<typeof noiseReportSchema>

export const TOKEN_VERDICTS = ['identical', 'within band', 'different'] as const
/** Of one recorded row, computed again on the recorded tokens. */
export type TokenVerdict = (typeof TOKEN_VERDICTS)[number]

export const ALERT_KINDS = ['nan', 'infinity', 'saturated', 'all-zero', 'constant', 'frozen', 'rms-jump'] as const
export const healthAlertSchema = v.object({
  kind: v.picklist(ALERT_KINDS),
  prompt: count,
  position: count,
  layer: layerIndex,
  point: tracePoint,
  /** Values concerned: NaN or infinities counted, or how many times the usual rms. */
  amount: measured
})
export type HealthAlert = Value<typeof healthAlertSchema>

export const healthReportSchema = v.object({
  layers: count,
  tracePoints: count,
  prompts: v.array(
    v.object({ prompt: count, positions: count, valuesSeen: count, nanCount: count, infinityCount: count, saturatedCount: count })
  ),
  /** Ordered by first occurrence: prompt, position, execution order. Bounded; `alertCount` is the true number. */
  alerts: v.array(healthAlertSchema),
  alertCount: count,
  /** The last trace point, in execution order, that was all finite before the first that was not. */
  lastFiniteAncestor: v.exactOptional(v.object({ layer: layerIndex, point: tracePoint })),
  /** 'clean' proves: no NaN and no infinity in any layer for any prompt. */
  verdict: v.picklist(['clean', 'warnings', 'broken'])
})
export type HealthReport = Value<typeof healthReportSchema>

export const exerciseResultSchema = v.object({
  name: text,
  teaches: text,
  fault: faultSchema,
  expected: v.object({ layer: count, points: v.array(layerPoint) }),
  found: v.exactOptional(divergenceCardSchema),
  named: v.boolean()
})
export type ExerciseResult = Value<typeof exerciseResultSchema>

export const lensReportSchema = v.object({
  position: count,
  /** One entry a layer, first to last; the last one is the logits themselves, bit for bit (`lastEqualsLogits`). */
  layers: v.array(
    v.object({
      layer: count,
      candidates: v.array(v.object({ id: count, probability: measured, logit: measured })),
      /** Rank of the token that really follows; -1 when nothing follows. */
      nextTokenRank: index
    })
  ),
  nextId: index,
  lastEqualsLogits: v.boolean()
})
export type LensReport = Value<typeof lensReportSchema>

/** One side of a comparison: the loaded model's file on some backend, or another file. */
export const sideSchema = v.object({
  path: v.exactOptional(pathSchema),
  backend: v.exactOptional(v.pipe(v.string(), v.maxLength(LIMITS.nameCharacters))),
  kvType: v.exactOptional(v.picklist(['f32', 'f16'])),
  precision: v.exactOptional(v.picklist(['f32', 'bf16'])),
  threads: v.exactOptional(v.pipe(count, v.minValue(1), v.maxValue(1024)))
})
export type Side = Value<typeof sideSchema>

/** What is evaluated: ids as they are, a text through the tokenizer, or the sequence of a run. */
export const sequenceSchema = v.variant('kind', [
  v.object({ kind: v.literal('ids'), ids: v.pipe(v.array(tokenIdSchema), v.minLength(1), v.maxLength(LIMITS.promptTokens)) }),
  v.object({ kind: v.literal('text'), text: v.pipe(v.string(), v.maxLength(LIMITS.promptCharacters)) }),
  v.object({ kind: v.literal('run'), runId: runIdSchema })
])
export type Sequence = Value<typeof sequenceSchema>

export const driftStepSchema = v.object({
  position: count,
  /** One relative error a layer: the residual stream after the block, estimated from sketches. Empty: a side has none. */
  layerErrors: v.array(measured),
  /** A lower bound of the true divergence, from the best candidates. Nats. */
  klDivergence: measured,
  /** The favourite token differs. */
  flip: v.boolean(),
  referenceTop: index,
  testTop: index,
  /** Tokens the tested side was ahead when this one was compared. */
  lag: count
})
export type DriftStepData = Value<typeof driftStepSchema>

/** A generation that was followed to its end. */
export interface DriftReport {
  readonly reference: string
  readonly test: string
  readonly promptTokens: number
  readonly steps: readonly Omit<DriftStepData, 'lag'>[]
  readonly flips: number
  readonly largestError: number
  readonly meanKlDivergence: number
  /** The first position that a recorded run has no row for: it ended, or went on with another token. */
  readonly unmatchedFrom?: number
}

/** How much longer a generation takes while it is followed: medians of ratios taken within a round. */
export interface DriftSpeedReport {
  readonly test: string
  readonly reference: string
  readonly promptTokens: number
  readonly generatedTokens: number
  readonly rounds: number
  readonly aloneMilliseconds: number
  readonly recordedRatio: number
  readonly lockstepRatio: number
}
