import type { SamplerStage, SamplingSettings } from '../model/sampling'
import { SAMPLER_STAGES } from '../model/sampling'
import { Candidates } from './candidates'
import { idleReason } from './idle-stage'
import { uniformAt } from './reference'

/**
 * The sampler over a whole row in one pass of typed arrays, fast enough for a slider: the same ids as the slow reference
 * (reference.ts), and a test holds them together. What it gives is a supposition about a recorded row, never the record.
 */
export interface WhatIf {
  /** -1 when nothing could be chosen. */
  readonly wouldChooseId: number
  readonly stages: readonly WhatIfStage[]
  readonly biased: Float32Array
  readonly penalised: Float32Array
  readonly scaled: Float32Array
  /** After all stages; 0 where removed. */
  readonly probability: Float32Array
  /** 0 = kept, else 1 + index into stages. */
  readonly removedBy: Uint8Array
}

export interface WhatIfStage {
  readonly stage: 'input' | SamplerStage
  readonly active: boolean
  readonly note?: string
  readonly survivorsBefore: number
  readonly survivorsAfter: number
  /** Probability, among those that came in, of those that went. */
  readonly massRemoved: number
}

/** `history`: the sequence before the choice; `position`: where the chosen token goes. */
export function whatIf(logits: Float32Array, settings: SamplingSettings, history: ArrayLike<number>, position: number): WhatIf {
  const greedy = settings.temperature === 0
  const order = greedy ? settings.order.filter((stage) => stage === 'logit-bias' || stage === 'penalties') : settings.order
  const candidates = new Candidates(logits)
  const columns = new Columns(logits)
  const stages: WhatIfStage[] = [row('input', undefined, logits.length, candidates.count, 0)]
  for (const stage of order) {
    const before = candidates.count
    const note = idleReason(stage, settings)
    const massRemoved = note === undefined ? apply(stage, candidates, settings, history, stages.length + 1) : 0
    if (note === undefined) columns.take(stage, candidates)
    stages.push(row(stage, note, before, candidates.count, massRemoved))
  }
  for (const stage of SAMPLER_STAGES)
    if (!order.includes(stage)) stages.push(row(stage, idleReason(stage, settings), candidates.count, candidates.count, 0))
  const probability = new Float32Array(logits.length)
  const chosen = greedy ? candidates.highestId() : candidates.draw(uniformAt(settings.seed, BigInt(position)), probability)
  if (greedy && chosen >= 0) probability[chosen] = 1
  return { wouldChooseId: chosen, stages, ...columns.arrays, probability, removedBy: candidates.removedBy }
}

const row = (stage: WhatIfStage['stage'], note: string | undefined, before: number, after: number, massRemoved: number): WhatIfStage => ({
  stage,
  active: note === undefined,
  ...(note === undefined ? {} : { note }),
  survivorsBefore: before,
  survivorsAfter: after,
  massRemoved
})

/** Runs a stage that is not idle; returns the probability that it removed. `mark`: what removedBy says of the removed. */
function apply(stage: SamplerStage, set: Candidates, settings: SamplingSettings, history: ArrayLike<number>, mark: number): number {
  switch (stage) {
    case 'logit-bias':
      return set.addBias(settings.logitBias, mark)
    case 'penalties':
      set.penalise(settings, history)
      return 0
    case 'temperature':
      set.divide(settings.temperature)
      return 0
    case 'top-k':
      return set.keepHighest(settings.topK, mark)
    case 'typical':
      return set.keepTypical(settings.typicalP, mark)
    case 'top-p':
      return set.keepMass(settings.topP, mark)
    case 'min-p':
      return set.keepShare(settings.minP, mark)
  }
}

type ColumnName = 'biased' | 'penalised' | 'scaled'
const COLUMNS: readonly ColumnName[] = ['biased', 'penalised', 'scaled']
const COLUMN_OF_STAGE: Readonly<Partial<Record<SamplerStage, ColumnName>>> = {
  'logit-bias': 'biased',
  penalties: 'penalised',
  temperature: 'scaled'
}

/** A value of every token after each stage that changes values. Columns that no stage told apart are the same array. */
class Columns {
  readonly arrays: Record<ColumnName, Float32Array>

  constructor(logits: Float32Array) {
    this.arrays = { biased: logits, penalised: logits, scaled: logits }
  }

  /** Later columns start from the same values until their own stage comes; removed tokens keep the value they left with. */
  take(stage: SamplerStage, set: Candidates): void {
    const from = COLUMN_OF_STAGE[stage]
    if (from === undefined) return
    const renewed = new Map<Float32Array, Float32Array>()
    for (const name of COLUMNS.slice(COLUMNS.indexOf(from))) {
      const before = this.arrays[name]
      const column = renewed.get(before) ?? before.slice()
      if (!renewed.has(before)) set.writeValues(column)
      renewed.set(before, column)
      this.arrays[name] = column
    }
  }
}
