import { SAMPLER_STAGES, type SamplerStage, type SamplingSettings } from '../shared/model/sampling'
import { type Answer, type SamplerExplanation, toAnyNumber } from '../shared/protocol'
import { idleReason } from '../shared/sampling/idle-stage'
import type { EngineDoor } from './engine-door'

type Stage = SamplerExplanation['stages'][number]

export interface ExplainRequest {
  readonly runId: string
  /** Of the token that went in; the choice was for position + 1. */
  readonly position: number
  readonly logits: Float32Array
  readonly source: 'captured' | 're-evaluated'
  /** The sequence up to and including `position`. */
  readonly history: Int32Array
  readonly chosenId: number
  readonly sampling: SamplingSettings
}

/**
 * The chain, stage by stage, by running the token loop's own sampler with ever longer orders: what it says is what the
 * engine does, not a second opinion. Every removed token is attributed to the stage after which it was gone.
 */
export function explainSampler(engine: Pick<EngineDoor, 'sampleRow'>, request: ExplainRequest): Answer<'sampler.explain'> {
  const { logits, sampling, history, position } = request
  const vocabularySize = logits.length
  const greedy = sampling.temperature === 0
  // Survivors are reported of draws only: with temperature 1 and no filter in the order a greedy chain has the same ones.
  const order = greedy ? sampling.order.filter((stage) => stage === 'logit-bias' || stage === 'penalties') : sampling.order
  const drawn: SamplingSettings = greedy ? { ...sampling, temperature: 1 } : sampling
  const after = (stages: readonly SamplerStage[]): { ids: Int32Array; values: Float64Array } => {
    const { survivorIds, survivorLogits } = engine.sampleRow(logits, { ...drawn, order: stages }, history, position + 1)
    return { ids: survivorIds, values: survivorLogits }
  }

  const removedBy = new Uint8Array(vocabularySize)
  // One memory until a stage changes something: what is the same travels once.
  const columns: Record<Column, Float32Array> = { biased: logits, penalised: logits, scaled: logits }
  const stages: Stage[] = []
  let current = after([])
  markRemoved(removedBy, undefined, current.ids, 1)
  stages.push(stageRow('input', undefined, vocabularySize, current.ids.length, 0))
  for (const [index, stage] of order.entries()) {
    const next = after(order.slice(0, index + 1))
    const idle = idleReason(stage, sampling)
    stages.push(stageRow(stage, idle, current.ids.length, next.ids.length, massRemoved(current, next.ids)))
    markRemoved(removedBy, current.ids, next.ids, stages.length)
    const column = COLUMN_OF_STAGE[stage]
    if (column !== undefined && idle === undefined) fill(columns, column, next)
    current = next
  }
  for (const stage of SAMPLER_STAGES)
    if (!order.includes(stage)) stages.push(stageRow(stage, idleReason(stage, sampling), current.ids.length, current.ids.length, 0))

  const probability = new Float32Array(vocabularySize)
  const wouldChooseId = engine.sampleRow(logits, sampling, history, position + 1).id
  if (greedy) {
    if (wouldChooseId >= 0) probability[wouldChooseId] = 1
  } else softmaxInto(probability, current)
  const { entropy, logSumExp, nanCount } = summarise(logits)
  return {
    runId: request.runId,
    position,
    vocabularySize,
    source: request.source,
    chosenId: Math.max(0, request.chosenId),
    ...(wouldChooseId < 0 ? {} : { wouldChooseId }),
    stages,
    entropyNats: toAnyNumber(entropy),
    logSumExp: toAnyNumber(logSumExp),
    nanCount,
    arrays: { logits, ...columns, probability, removedBy }
  }
}

type Column = 'biased' | 'penalised' | 'scaled'

const COLUMN_OF_STAGE: Readonly<Partial<Record<SamplerStage, Column>>> = {
  'logit-bias': 'biased',
  penalties: 'penalised',
  temperature: 'scaled'
}
const COLUMN_ORDER = ['biased', 'penalised', 'scaled'] as const

/** Values after a stage; later columns start from the same values until their own stage comes. Removed tokens keep the value they left with. */
function fill(
  columns: Record<Column, Float32Array>,
  from: Column,
  after: { readonly ids: Int32Array; readonly values: Float64Array }
): void {
  const values = columns[from].slice()
  after.ids.forEach((id, index) => {
    values[id] = after.values[index] as number
  })
  for (const name of COLUMN_ORDER.slice(COLUMN_ORDER.indexOf(from))) columns[name] = values
}

const stageRow = (stage: string, note: string | undefined, survivorsBefore: number, survivorsAfter: number, removed: number): Stage => ({
  stage,
  active: note === undefined,
  ...(note === undefined ? {} : { note }),
  survivorsBefore,
  survivorsAfter,
  massRemoved: removed
})

/** Ids ascend in both lists; those of `before` (all ids when undefined) that are not in `after` get `mark`. */
function markRemoved(removedBy: Uint8Array, before: Int32Array | undefined, after: Int32Array, mark: number): void {
  const count = before?.length ?? removedBy.length
  for (let index = 0, kept = 0; index < count; index += 1) {
    const id = before?.[index] ?? index
    if (after[kept] === id) kept += 1
    else removedBy[id] = mark
  }
}

function massRemoved(before: { readonly ids: Int32Array; readonly values: Float64Array }, afterIds: Int32Array): number {
  if (before.ids.length === afterIds.length) return 0
  const highest = before.values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  let total = 0
  let kept = 0
  for (let index = 0, survivor = 0; index < before.ids.length; index += 1) {
    const value = before.values[index] as number
    const weight = value === highest ? 1 : Math.exp(value - highest)
    total += weight
    if (afterIds[survivor] === before.ids[index]) {
      kept += weight
      survivor += 1
    }
  }
  return total > 0 ? Math.max(0, 1 - kept / total) : 0
}

function softmaxInto(out: Float32Array, { ids, values }: { readonly ids: Int32Array; readonly values: Float64Array }): void {
  const highest = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  const weights = values.map((value) => (value === highest ? 1 : Math.exp(value - highest)))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  ids.forEach((id, index) => {
    out[id] = (weights[index] as number) / total
  })
}

/** Of the raw row, over its numbers: entropy in nats and ln Σ exp. */
function summarise(logits: Float32Array): { readonly entropy: number; readonly logSumExp: number; readonly nanCount: number } {
  let highest = Number.NEGATIVE_INFINITY
  let nanCount = 0
  for (const value of logits)
    if (Number.isNaN(value)) nanCount += 1
    else if (value > highest) highest = value
  let total = 0
  let weighted = 0
  for (const value of logits) {
    const weight = Math.exp(value - highest)
    if (!(weight > 0)) continue
    total += weight
    weighted += weight * (value - highest)
  }
  return { entropy: Math.log(total) - weighted / total, logSumExp: highest + Math.log(total), nanCount }
}
