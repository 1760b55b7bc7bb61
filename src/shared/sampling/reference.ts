import type { SamplerStage, SamplingSettings } from '../model/sampling'

/**
 * The sampler, slow and obvious: what every stage means. The native one (native/engine/sampler.cpp) gives the same ids, and
 * a test holds them together. All arithmetic is float64.
 */

/** A token that is still in the running. */
export interface Survivor {
  readonly id: number
  readonly logit: number
}

export interface SampledRow {
  /** -1 when nothing could be chosen. */
  readonly id: number
  /** ln of the probability of the draw; 0 when greedy. */
  readonly logProbability: number
  /** Ascending ids, after all stages. */
  readonly survivors: readonly Survivor[]
  /** What was left after each stage, in the order they ran. */
  readonly stages: readonly { readonly stage: SamplerStage; readonly survivors: readonly Survivor[] }[]
}

export interface SampleContext {
  /** The sequence so far, prompt included. */
  readonly history: readonly number[] | Int32Array
  /** Where the chosen token goes: it keys the random number. */
  readonly position: number
}

/** Chooses from a raw logits row. NaN and -Infinity cannot be chosen. */
export function sampleReference(row: Float32Array, settings: SamplingSettings, context: SampleContext): SampledRow {
  let survivors: Survivor[] = Array.from(row, (logit, id) => ({ id, logit })).filter(({ logit }) => logit > Number.NEGATIVE_INFINITY)
  const stages = settings.order.map((stage) => {
    survivors = applyStage(stage, survivors, settings, context.history)
    return { stage, survivors }
  })
  if (survivors.length === 0) return { id: -1, logProbability: 0, survivors, stages }
  if (settings.temperature === 0) {
    const best = survivors.reduce((highest, other) => (other.logit > highest.logit ? other : highest))
    return { id: best.id, logProbability: 0, survivors, stages }
  }
  const probabilities = softmax(survivors)
  const threshold = uniformAt(settings.seed, BigInt(context.position))
  let cumulative = 0
  let chosen = 0
  for (let index = 0; index < survivors.length; index += 1) {
    if (probabilities[index] === 0) continue
    chosen = index
    cumulative += probabilities[index] as number
    if (cumulative > threshold) break
  }
  return { id: (survivors[chosen] as Survivor).id, logProbability: Math.log(probabilities[chosen] as number), survivors, stages }
}

function applyStage(stage: SamplerStage, set: Survivor[], settings: SamplingSettings, history: SampleContext['history']): Survivor[] {
  const drawing = settings.temperature > 0
  switch (stage) {
    case 'logit-bias':
      return addBias(set, settings)
    case 'penalties':
      return penalise(set, settings, history)
    case 'temperature':
      return drawing ? set.map(({ id, logit }) => ({ id, logit: logit / settings.temperature })) : set
    case 'top-k':
      return drawing && settings.topK > 0 ? ascending(ranked(set, (entry) => entry.logit).slice(0, settings.topK)) : set
    case 'typical':
      return drawing && settings.typicalP < 1 ? keepTypical(set, settings.typicalP) : set
    case 'top-p':
      return drawing && settings.topP < 1 ? keepTopP(set, settings.topP) : set
    case 'min-p':
      return drawing && settings.minP > 0 ? keepMinP(set, settings.minP) : set
  }
}

function addBias(set: Survivor[], { logitBias }: SamplingSettings): Survivor[] {
  const biases = new Map<number, number>()
  for (const { id, bias } of logitBias) biases.set(id, (biases.get(id) ?? 0) + Math.fround(bias))
  return set.map(({ id, logit }) => ({ id, logit: logit + (biases.get(id) ?? 0) })).filter(({ logit }) => logit > Number.NEGATIVE_INFINITY)
}

function penalise(set: Survivor[], settings: SamplingSettings, history: SampleContext['history']): Survivor[] {
  const { penaltyWindow, repeatPenalty, frequencyPenalty, presencePenalty } = settings
  const recent = penaltyWindow < 0 ? Array.from(history) : Array.from(history).slice(Math.max(0, history.length - penaltyWindow))
  const counts = new Map<number, number>()
  for (const id of recent) counts.set(id, (counts.get(id) ?? 0) + 1)
  return set.map(({ id, logit }) => {
    const count = counts.get(id)
    if (count === undefined) return { id, logit }
    const repeated = logit > 0 ? logit / repeatPenalty : logit * repeatPenalty
    return { id, logit: repeated - count * frequencyPenalty - presencePenalty }
  })
}

/** The shortest list, most probable first (ties to the lowest id), whose probability reaches `mass`. */
function keepTopP(set: Survivor[], mass: number): Survivor[] {
  const probabilities = softmax(set)
  const order = ranked(
    set.map((entry, index) => ({ entry, probability: probabilities[index] as number })),
    (candidate) => candidate.probability
  )
  return ascending(prefixOfMass(order, mass).map(({ entry }) => entry))
}

/** Locally typical sampling, arXiv:2202.00666: nearest surprisal to the entropy first, until they hold `mass`. */
function keepTypical(set: Survivor[], mass: number): Survivor[] {
  const probabilities = softmax(set)
  const entropy = probabilities.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0)
  const order = ranked(
    set.map((entry, index) => ({ entry, probability: probabilities[index] as number })),
    (candidate) => -Math.abs(-Math.log(candidate.probability) - entropy)
  )
  return ascending(prefixOfMass(order, mass).map(({ entry }) => entry))
}

function keepMinP(set: Survivor[], share: number): Survivor[] {
  const floor = highestLogit(set) + Math.log(share)
  return set.filter(({ logit }) => logit >= floor)
}

function prefixOfMass<Entry extends { readonly probability: number }>(order: readonly Entry[], mass: number): Entry[] {
  let cumulative = 0
  const kept: Entry[] = []
  for (const entry of order) {
    kept.push(entry)
    cumulative += entry.probability
    if (cumulative >= mass) break
  }
  return kept
}

/** Highest first; equal ones keep their order (ascending ids). */
const ranked = <Entry>(entries: readonly Entry[], value: (entry: Entry) => number): Entry[] =>
  entries.toSorted((a, b) => value(b) - value(a))

const ascending = (set: readonly Survivor[]): Survivor[] => set.toSorted((a, b) => a.id - b.id)

/** Probabilities; where +Infinity is present it takes everything, shared evenly. */
function softmax(set: readonly Survivor[]): number[] {
  const highest = highestLogit(set)
  const weights = set.map(({ logit }) => (logit === highest ? 1 : Math.exp(logit - highest)))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

/** Uniform in [0, 1), a multiple of 2^-53, from Philox 4x32-10 keyed by the seed and counting positions. */
export function uniformAt(seed: bigint, position: bigint): number {
  const mask = 0xffffffffn
  let counter: readonly [bigint, bigint, bigint, bigint] = [position & mask, position >> 32n, 0n, 0n]
  let key: readonly [bigint, bigint] = [seed & mask, (seed >> 32n) & mask]
  for (let round = 0; round < 10; round += 1) {
    const first = 0xd2511f53n * counter[0]
    const second = 0xcd9e8d57n * counter[2]
    counter = [(second >> 32n) ^ counter[1] ^ key[0], second & mask, (first >> 32n) ^ counter[3] ^ key[1], first & mask]
    key = [(key[0] + 0x9e3779b9n) & mask, (key[1] + 0xbb67ae85n) & mask]
  }
  return Number(((counter[0] << 32n) | counter[1]) >> 11n) * 2 ** -53
}

/** Not Math.max(...set): a whole vocabulary does not fit into one call's arguments. */
const highestLogit = (set: readonly { readonly logit: number }[]): number =>
  set.reduce((highest, { logit }) => Math.max(highest, logit), Number.NEGATIVE_INFINITY)
