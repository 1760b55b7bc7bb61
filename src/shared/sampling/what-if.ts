import type { SamplerStage, SamplingSettings } from '../model/sampling'
import { SAMPLER_STAGES } from '../model/sampling'
import { idleReason } from './idle-stage'
import { visitRanked } from './ranking'
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

/** Tokens still in the running, ids ascending. */
interface Survivors {
  readonly ids: Int32Array
  readonly values: Float64Array
}

/** `history`: the sequence before the choice; `position`: where the chosen token goes. */
export function whatIf(logits: Float32Array, settings: SamplingSettings, history: ArrayLike<number>, position: number): WhatIf {
  const greedy = settings.temperature === 0
  const order = greedy ? settings.order.filter((stage) => stage === 'logit-bias' || stage === 'penalties') : settings.order
  const removedBy = new Uint8Array(logits.length)
  const columns = { biased: logits.slice(), penalised: logits.slice(), scaled: logits.slice() }
  const stages: WhatIfStage[] = []
  let current = choosable(logits)
  mark(removedBy, undefined, current.ids, 1)
  stages.push(row('input', undefined, logits.length, current.ids.length, 0))
  for (const stage of order) {
    const next = apply(stage, current, settings, history)
    const kept = next.ids.length === current.ids.length ? 1 : keptMass(current, next.ids)
    stages.push(row(stage, idleReason(stage, settings), current.ids.length, next.ids.length, Math.max(0, 1 - kept)))
    if (next.ids.length < current.ids.length) mark(removedBy, current.ids, next.ids, stages.length)
    if (next !== current) fill(columns, stage, next)
    current = next
  }
  for (const stage of SAMPLER_STAGES)
    if (!order.includes(stage)) stages.push(row(stage, idleReason(stage, settings), current.ids.length, current.ids.length, 0))
  const probability = new Float32Array(logits.length)
  const chosen = greedy ? highestOf(current) : draw(current, uniformAt(settings.seed, BigInt(position)), probability)
  if (greedy && chosen >= 0) probability[chosen] = 1
  return { wouldChooseId: chosen, stages, ...columns, probability, removedBy }
}

const row = (stage: WhatIfStage['stage'], note: string | undefined, before: number, after: number, massRemoved: number): WhatIfStage => ({
  stage,
  active: note === undefined,
  ...(note === undefined ? {} : { note }),
  survivorsBefore: before,
  survivorsAfter: after,
  massRemoved
})

function choosable(logits: Float32Array): Survivors {
  const ids = new Int32Array(logits.length)
  const values = new Float64Array(logits.length)
  let count = 0
  for (let id = 0; id < logits.length; id += 1) {
    const logit = logits[id] as number
    if (!(logit > -Infinity)) continue
    ids[count] = id
    values[count] = logit
    count += 1
  }
  return { ids: ids.subarray(0, count), values: values.subarray(0, count) }
}

function apply(stage: SamplerStage, set: Survivors, settings: SamplingSettings, history: ArrayLike<number>): Survivors {
  const drawing = settings.temperature > 0
  switch (stage) {
    case 'logit-bias':
      return settings.logitBias.length === 0 ? set : addBias(set, settings)
    case 'penalties':
      return idleReason(stage, settings) === undefined ? penalise(set, settings, history) : set
    case 'temperature':
      return drawing && settings.temperature !== 1 ? { ids: set.ids, values: divided(set.values, settings.temperature) } : set
    case 'top-k':
      return drawing && settings.topK > 0 ? keepHead(set, set.values, (count) => count >= settings.topK) : set
    case 'typical':
      return drawing && settings.typicalP < 1 ? keepTypical(set, settings.typicalP) : set
    case 'top-p':
      return drawing && settings.topP < 1 ? keepMass(set, softmax(set.values), undefined, settings.topP) : set
    case 'min-p':
      return drawing && settings.minP > 0 ? keepMinP(set, settings.minP) : set
  }
}

function divided(values: Float64Array, divisor: number): Float64Array {
  const out = new Float64Array(values.length)
  for (let index = 0; index < values.length; index += 1) out[index] = (values[index] as number) / divisor
  return out
}

function addBias(set: Survivors, { logitBias }: SamplingSettings): Survivors {
  const biases = new Map<number, number>()
  for (const { id, bias } of logitBias) biases.set(id, (biases.get(id) ?? 0) + Math.fround(bias))
  const values = set.values.map((value, index) => value + (biases.get(set.ids[index] as number) ?? 0))
  return filtered(set.ids, values, (index) => (values[index] as number) > -Infinity)
}

function penalise(set: Survivors, settings: SamplingSettings, history: ArrayLike<number>): Survivors {
  const { penaltyWindow, repeatPenalty, frequencyPenalty, presencePenalty } = settings
  const from = penaltyWindow < 0 ? 0 : Math.max(0, history.length - penaltyWindow)
  const counts = new Map<number, number>()
  for (let at = from; at < history.length; at += 1) counts.set(history[at] as number, (counts.get(history[at] as number) ?? 0) + 1)
  const values = set.values.slice()
  for (const [id, count] of counts) {
    const index = placeOf(set.ids, id)
    if (index < 0) continue
    const logit = values[index] as number
    values[index] = (logit > 0 ? logit / repeatPenalty : logit * repeatPenalty) - count * frequencyPenalty - presencePenalty
  }
  return { ids: set.ids, values }
}

/** Where an id stands among ascending ids; -1 where it does not. */
function placeOf(ids: Int32Array, id: number): number {
  let low = 0
  let high = ids.length - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const found = ids[middle] as number
    if (found === id) return middle
    if (found < id) low = middle + 1
    else high = middle - 1
  }
  return -1
}

/** Locally typical sampling, arXiv:2202.00666: nearest surprisal to the entropy first. */
function keepTypical(set: Survivors, mass: number): Survivors {
  const probabilities = softmax(set.values)
  const keys = new Float64Array(probabilities.length)
  let entropy = 0
  for (let index = 0; index < keys.length; index += 1) {
    const p = probabilities[index] as number
    const log = Math.log(p)
    keys[index] = log
    if (p > 0) entropy -= p * log
  }
  for (let index = 0; index < keys.length; index += 1) keys[index] = -Math.abs(-(keys[index] as number) - entropy)
  return keepMass(set, probabilities, keys, mass)
}

/** The shortest head of the ranking (by `keys`, or by probability) that holds `mass`. */
function keepMass(set: Survivors, probabilities: Float64Array, keys: Float64Array | undefined, mass: number): Survivors {
  let cumulative = 0
  return keepHead(set, keys ?? probabilities, (_, index) => {
    cumulative += probabilities[index] as number
    return cumulative >= mass
  })
}

/** The highest by `keys`, up to and including the one at which `last(count, index)` is true. */
function keepHead(set: Survivors, keys: Float64Array, last: (count: number, index: number) => boolean): Survivors {
  const kept = new Uint8Array(set.ids.length)
  let count = 0
  visitRanked(keys, (index) => {
    kept[index] = 1
    count += 1
    return last(count, index)
  })
  return filtered(set.ids, set.values, (index) => kept[index] === 1)
}

function keepMinP(set: Survivors, share: number): Survivors {
  const floor = highest(set.values) + Math.log(share)
  return filtered(set.ids, set.values, (index) => (set.values[index] as number) >= floor)
}

function filtered(ids: Int32Array, values: Float64Array, keep: (index: number) => boolean): Survivors {
  const keptIds = new Int32Array(ids.length)
  const keptValues = new Float64Array(ids.length)
  let count = 0
  for (let index = 0; index < ids.length; index += 1) {
    if (!keep(index)) continue
    keptIds[count] = ids[index] as number
    keptValues[count] = values[index] as number
    count += 1
  }
  return { ids: keptIds.subarray(0, count), values: keptValues.subarray(0, count) }
}

function highest(values: Float64Array): number {
  let most = -Infinity
  for (const value of values) if (value > most) most = value
  return most
}

/** Probabilities; where +Infinity is present it takes everything, shared evenly. */
function softmax(values: Float64Array): Float64Array {
  const known = made.get(values)
  if (known !== undefined) return known
  const most = highest(values)
  const weights = new Float64Array(values.length)
  let total = 0
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as number
    const weight = value === most ? 1 : Math.exp(value - most)
    weights[index] = weight
    total += weight
  }
  for (let index = 0; index < weights.length; index += 1) weights[index] = (weights[index] as number) / total
  made.set(values, weights)
  return weights
}
/** A stage and the mass it removed need the same probabilities; values are never changed in place. */
const made = new WeakMap<Float64Array, Float64Array>()

function highestOf({ ids, values }: Survivors): number {
  const index = values.indexOf(highest(values))
  return index < 0 ? -1 : (ids[index] as number)
}

/** The id that a uniform number chooses; writes what every id was chosen with. */
function draw({ ids, values }: Survivors, threshold: number, probability: Float32Array): number {
  const probabilities = softmax(values)
  let chosen = -1
  let cumulative = 0
  for (let index = 0; index < ids.length; index += 1) {
    const p = probabilities[index] as number
    const id = ids[index] as number
    probability[id] = p
    if (p === 0 || cumulative > threshold) continue
    chosen = id
    cumulative += p
  }
  return chosen
}

function keptMass(before: Survivors, afterIds: Int32Array): number {
  const probabilities = softmax(before.values)
  let mass = 0
  for (let index = 0, kept = 0; index < before.ids.length; index += 1) {
    if (before.ids[index] !== afterIds[kept]) continue
    mass += probabilities[index] as number
    kept += 1
  }
  return mass
}

/** Ids ascend in both lists; those of `before` (all ids when undefined) that are not in `after` get `stage`. */
function mark(removedBy: Uint8Array, before: Int32Array | undefined, after: Int32Array, stage: number): void {
  const count = before?.length ?? removedBy.length
  for (let index = 0, kept = 0; index < count; index += 1) {
    const id = before?.[index] ?? index
    if (after[kept] === id) kept += 1
    else removedBy[id] = stage
  }
}

const COLUMNS = ['biased', 'penalised', 'scaled'] as const
const COLUMN_OF_STAGE: Readonly<Partial<Record<SamplerStage, (typeof COLUMNS)[number]>>> = {
  'logit-bias': 'biased',
  penalties: 'penalised',
  temperature: 'scaled'
}

/** Later columns start from the same values until their own stage comes; removed tokens keep the value they left with. */
function fill(columns: Readonly<Record<(typeof COLUMNS)[number], Float32Array>>, stage: SamplerStage, set: Survivors): void {
  const from = COLUMN_OF_STAGE[stage]
  if (from === undefined) return
  for (const name of COLUMNS.slice(COLUMNS.indexOf(from))) {
    const column = columns[name]
    for (let index = 0; index < set.ids.length; index += 1) column[set.ids[index] as number] = set.values[index] as number
  }
}
