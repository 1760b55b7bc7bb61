import { visitRanked } from './ranking'

/** Buckets that the keys are spread over: a boundary bucket of 152,064 values holds a few dozen. */
const BUCKETS = 4096
/** Shorter lists are put in order: nothing is saved by spreading them. */
const SMALL = 256
/** Sums taken bucket by bucket and in order of rank differ by rounding; nearer than this to the wanted mass, order decides. */
const UNSURE = 1e-9

/** Where the head of a ranking ends: all entries with a higher key, and the first `ties` (by index) of those with this key. */
export interface HeadEnd {
  readonly key: number
  readonly ties: number
}

/** What is ranked: the first `count` entries, highest `keys` first, equal ones by index. NaN must not be among the keys. */
export interface Ranking {
  readonly count: number
  readonly keys: Float64Array
  /** What an entry weighs, at least 0; undefined: each counts one. */
  readonly weights: Float64Array | undefined
  /** Ordered as the keys are, spread more evenly: where to look first. The keys themselves will do. */
  readonly spread: Float64Array
}

/** The shortest head whose weights add up to `mass`; undefined when all of them do not, and everything stays. */
export function headOfMass(ranking: Ranking, mass: number): HeadEnd | undefined {
  return (ranking.count > SMALL ? selected(ranking, mass) : undefined) ?? ranked(ranking, mass)
}

/** The whole order, added up as the definition says. */
function ranked({ count, keys, weights }: Ranking, mass: number): HeadEnd | undefined {
  let cumulative = 0
  let end: { key: number; ties: number } | undefined
  let reached = false
  visitRanked(keys.subarray(0, count), (index) => {
    const key = keys[index] as number
    end = { key, ties: end?.key === key ? end.ties + 1 : 1 }
    cumulative += weights === undefined ? 1 : (weights[index] as number)
    reached = cumulative >= mass
    return reached
  })
  return reached ? end : undefined
}

/** Only the bucket in which the mass is reached is put in order; undefined where rounding could decide, or nothing spreads. */
function selected({ count, keys, weights, spread }: Ranking, mass: number): HeadEnd | undefined {
  let least = Infinity
  let most = -Infinity
  for (let index = 0; index < count; index += 1) {
    const value = spread[index] as number
    if (value < least && value > -Infinity) least = value
    if (value > most) most = value
  }
  const scale = (BUCKETS - 1) / (most - least)
  if (!(scale > 0 && scale < Infinity)) return undefined
  const masses = new Float64Array(BUCKETS)
  const buckets = new Uint16Array(count)
  for (let index = 0; index < count; index += 1) {
    const value = spread[index] as number
    const bucket = value > -Infinity ? ((most - value) * scale) | 0 : BUCKETS - 1
    buckets[index] = bucket
    masses[bucket] = (masses[bucket] as number) + (weights === undefined ? 1 : (weights[index] as number))
  }
  let before = 0
  let boundary = 0
  while (boundary < BUCKETS && before + (masses[boundary] as number) < mass) before += masses[boundary++] as number
  if (boundary === BUCKETS || (weights !== undefined && mass - before < UNSURE)) return undefined
  let size = 0
  for (let index = 0; index < count; index += 1) if (buckets[index] === boundary) size += 1
  const groupKeys = new Float64Array(size)
  const groupWeights = new Float64Array(size)
  let at = 0
  for (let index = 0; index < count; index += 1) {
    if (buckets[index] !== boundary) continue
    groupKeys[at] = keys[index] as number
    groupWeights[at] = weights === undefined ? 1 : (weights[index] as number)
    at += 1
  }
  let cumulative = before
  let nearest = Infinity
  let key = Number.NaN
  visitRanked(groupKeys, (index) => {
    key = groupKeys[index] as number
    cumulative += groupWeights[index] as number
    nearest = Math.min(nearest, Math.abs(cumulative - mass))
    return cumulative >= mass
  })
  if ((weights !== undefined && nearest < UNSURE) || !(cumulative >= mass)) return undefined
  return { key, ties: tiesWithin({ count, keys, weights }, key, mass) }
}

/** How many entries with the boundary's key are needed; their like may stand in a neighbouring bucket. */
function tiesWithin({ count, keys, weights }: Omit<Ranking, 'spread'>, key: number, mass: number): number {
  let cumulative = 0
  for (let index = 0; index < count; index += 1)
    if ((keys[index] as number) > key) cumulative += weights === undefined ? 1 : (weights[index] as number)
  let ties = 0
  for (let index = 0; index < count && cumulative < mass; index += 1) {
    if (keys[index] !== key) continue
    ties += 1
    cumulative += weights === undefined ? 1 : (weights[index] as number)
  }
  return ties
}
