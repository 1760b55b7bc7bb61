import type { SamplingSettings } from '../model/sampling'
import { headOfMass } from './head-selection'

/**
 * The tokens of one row that are still in the running, ids ascending. Filters close the gaps in place, so a stage costs one
 * pass over what is left; the exponentials of a row are computed once and stay good until a value or the maximum changes.
 */
export class Candidates {
  count = 0
  /** By token id: 0 = in the running, else what removed it. */
  readonly removedBy: Uint8Array
  private readonly ids: Int32Array
  private readonly values: Float64Array
  /** exp(value - maximum), where `total` says they are current. */
  private readonly weights: Float64Array
  private maximum = -Infinity
  private total = Number.NaN

  /** NaN and -Infinity cannot be chosen; they are marked 1. */
  constructor(logits: Float32Array) {
    this.removedBy = new Uint8Array(logits.length)
    const scratch = scratchOf(logits.length)
    this.ids = scratch.ids
    this.values = scratch.values
    this.weights = scratch.weights
    for (let id = 0; id < logits.length; id += 1) {
      const logit = logits[id] as number
      if (logit > -Infinity) {
        this.ids[this.count] = id
        this.values[this.count] = logit
        this.count += 1
      } else this.removedBy[id] = 1
    }
  }

  /** Adds biases, the same id's together; -Infinity removes. Returns the probability removed. */
  addBias(logitBias: SamplingSettings['logitBias'], mark: number): number {
    const biases = new Map<number, number>()
    for (const { id, bias } of logitBias) biases.set(id, (biases.get(id) ?? 0) + Math.fround(bias))
    const forbidden = [...biases].filter(([, bias]) => bias === -Infinity)
    if (forbidden.length > 0) this.weigh()
    for (const [id, bias] of biases) {
      const index = this.placeOf(id)
      if (index >= 0) this.values[index] = (this.values[index] as number) + bias
    }
    const removed = forbidden.length === 0 ? 0 : this.keep((index) => (this.values[index] as number) > -Infinity, mark)
    this.total = Number.NaN
    return removed
  }

  penalise(settings: SamplingSettings, history: ArrayLike<number>): void {
    const { penaltyWindow, repeatPenalty, frequencyPenalty, presencePenalty } = settings
    const from = penaltyWindow < 0 ? 0 : Math.max(0, history.length - penaltyWindow)
    const counts = new Map<number, number>()
    for (let at = from; at < history.length; at += 1) counts.set(history[at] as number, (counts.get(history[at] as number) ?? 0) + 1)
    for (const [id, count] of counts) {
      const index = this.placeOf(id)
      if (index < 0) continue
      const logit = this.values[index] as number
      this.values[index] = (logit > 0 ? logit / repeatPenalty : logit * repeatPenalty) - count * frequencyPenalty - presencePenalty
    }
    this.total = Number.NaN
  }

  divide(temperature: number): void {
    for (let index = 0; index < this.count; index += 1) this.values[index] = (this.values[index] as number) / temperature
    this.total = Number.NaN
  }

  /** The k highest, ties to the lowest id. */
  keepHighest(k: number, mark: number): number {
    if (k >= this.count) return 0
    return this.keepHead(this.values, undefined, this.values, k, mark)
  }

  /** The most probable ones that hold `mass` of the probability. */
  keepMass(mass: number, mark: number): number {
    const probabilities = this.probabilities()
    return this.keepHead(probabilities, probabilities, this.values, mass, mark)
  }

  /** Locally typical sampling, arXiv:2202.00666: nearest surprisal to the entropy first, until they hold `mass`. */
  keepTypical(mass: number, mark: number): number {
    const probabilities = this.probabilities()
    const keys = new Float64Array(this.count)
    const { values, maximum } = this
    const logTotal = Math.log(this.total)
    const finite = maximum < Infinity
    let entropy = 0
    for (let index = 0; index < keys.length; index += 1) {
      const p = probabilities[index] as number
      // ln p without a logarithm for every token, where the maximum is a number.
      const log = finite ? (values[index] as number) - maximum - logTotal : Math.log(p)
      keys[index] = log
      if (p > 0) entropy -= p * log
    }
    for (let index = 0; index < keys.length; index += 1) keys[index] = -Math.abs(-(keys[index] as number) - entropy)
    return this.keepHead(keys, probabilities, keys, mass, mark)
  }

  /** Those with at least `share` of the most probable one's probability. */
  keepShare(share: number, mark: number): number {
    this.weigh()
    const floor = this.maximum + Math.log(share)
    return this.keep((index) => (this.values[index] as number) >= floor, mark)
  }

  /** The id that a uniform number chooses, -1 of none; writes what every id was chosen with. */
  draw(threshold: number, probability: Float32Array): number {
    this.weigh()
    let chosen = -1
    let cumulative = 0
    for (let index = 0; index < this.count; index += 1) {
      const p = (this.weights[index] as number) / this.total
      const id = this.ids[index] as number
      probability[id] = p
      if (p === 0 || cumulative > threshold) continue
      chosen = id
      cumulative += p
    }
    return chosen
  }

  /** The id of the highest value, ties to the lowest; -1 of none. */
  highestId(): number {
    let best = -1
    for (let index = 0; index < this.count; index += 1)
      if (best < 0 || (this.values[index] as number) > (this.values[best] as number)) best = index
    return best < 0 ? -1 : (this.ids[best] as number)
  }

  /** Writes the values of those in the running to a column by id. */
  writeValues(column: Float32Array): void {
    for (let index = 0; index < this.count; index += 1) column[this.ids[index] as number] = this.values[index] as number
  }

  private keepHead(keys: Float64Array, weights: Float64Array | undefined, spread: Float64Array, mass: number, mark: number): number {
    const end = headOfMass({ count: this.count, keys, weights, spread }, mass)
    if (end === undefined) return 0
    let ties = 0
    const { key, ties: most } = end
    return this.keep((index) => {
      const own = keys[index] as number
      return own > key || (own === key && ++ties <= most)
    }, mark)
  }

  /** Closes the gaps; returns the probability of those that went. `wanted` is asked once an index, ascending. */
  private keep(wanted: (index: number) => boolean, mark: number): number {
    const { ids, values, weights } = this
    // The weights of before: a bias of -Infinity has changed a value already.
    if (Number.isNaN(this.total)) this.weigh()
    const { total } = this
    let kept = 0
    let mass = 0
    let keepsMaximum = false
    for (let index = 0; index < this.count; index += 1) {
      if (!wanted(index)) {
        this.removedBy[ids[index] as number] = mark
        continue
      }
      const weight = weights[index] as number
      ids[kept] = ids[index] as number
      values[kept] = values[index] as number
      weights[kept] = weight
      keepsMaximum ||= values[kept] === this.maximum
      mass += weight / total
      kept += 1
    }
    const removed = kept === this.count ? 0 : Math.max(0, 1 - mass)
    this.count = kept
    if (!keepsMaximum) this.total = Number.NaN
    else if (removed > 0) this.total = sumOf(weights, kept)
    return removed
  }

  private probabilities(): Float64Array {
    this.weigh()
    const probabilities = new Float64Array(this.count)
    for (let index = 0; index < this.count; index += 1) probabilities[index] = (this.weights[index] as number) / this.total
    return probabilities
  }

  /** Where +Infinity is present it takes everything, shared evenly. */
  private weigh(): void {
    if (!Number.isNaN(this.total)) return
    const { values, weights, count } = this
    let maximum = -Infinity
    for (let index = 0; index < count; index += 1) if ((values[index] as number) > maximum) maximum = values[index] as number
    this.maximum = maximum
    for (let index = 0; index < count; index += 1) {
      const value = values[index] as number
      weights[index] = value === maximum ? 1 : Math.exp(value - maximum)
    }
    this.total = sumOf(weights, count)
  }

  private placeOf(id: number): number {
    let low = 0
    let high = this.count - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const found = this.ids[middle] as number
      if (found === id) return middle
      if (found < id) low = middle + 1
      else high = middle - 1
    }
    return -1
  }
}

function sumOf(values: Float64Array, count: number): number {
  let sum = 0
  for (let index = 0; index < count; index += 1) sum += values[index] as number
  return sum
}

interface Scratch {
  readonly ids: Int32Array
  readonly values: Float64Array
  readonly weights: Float64Array
}
let remembered: Scratch | undefined

/** Working arrays, kept from one slider step to the next: fresh megabytes would cost more than the arithmetic. */
function scratchOf(length: number): Scratch {
  if (remembered === undefined || remembered.ids.length < length)
    remembered = { ids: new Int32Array(length), values: new Float64Array(length), weights: new Float64Array(length) }
  return remembered
}
