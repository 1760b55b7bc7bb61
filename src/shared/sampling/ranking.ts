/** Buckets of one pass. */
const BUCKETS = 4096
/** Groups up to this size are sorted by comparing. */
const SMALL = 64

/**
 * Visits indices from the highest value to the lowest, equal values by ascending index, until `visit` returns true. Only as
 * much is put in order as is visited: values are spread over buckets, and a bucket is opened when its turn comes, so the head
 * of 152,064 values costs two passes over them. NaN must not be among the values.
 */
export function visitRanked(values: Float64Array, visit: (index: number) => boolean): void {
  const all = new Int32Array(values.length)
  for (let index = 0; index < all.length; index += 1) all[index] = index
  visitGroup(values, all, visit)
}

/** `group`: indices in ascending order. True when the visit is over. */
function visitGroup(values: Float64Array, group: Int32Array, visit: (index: number) => boolean): boolean {
  if (group.length <= SMALL) {
    const sorted = group.slice().sort((a, b) => compare(values[b] as number, values[a] as number) || a - b)
    return sorted.some(visit)
  }
  let least = Infinity
  let most = -Infinity
  for (let at = 0; at < group.length; at += 1) {
    const value = values[group[at] as number] as number
    if (value < least && value > -Infinity) least = value
    if (value > most && value < Infinity) most = value
  }
  // Infinities, or all equal: three groups whose members are equal or finite.
  if (!(most > least)) {
    for (const wanted of [Infinity, most, -Infinity]) if (group.some((index) => values[index] === wanted && visit(index))) return true
    return false
  }
  const scale = (BUCKETS - 1) / (most - least)
  // A span that overflows leaves no scale to spread by.
  if (!(scale > 0))
    return group
      .slice()
      .sort((a, b) => compare(values[b] as number, values[a] as number) || a - b)
      .some(visit)
  // Bucket 0 holds +Infinity, the last one -Infinity; in between from high to low. Subtraction and product round monotonically.
  const bucketOf = (index: number): number => {
    const value = values[index] as number
    if (value === Infinity) return 0
    if (value === -Infinity) return BUCKETS + 1
    return 1 + BUCKETS - 1 - Math.floor((value - least) * scale)
  }
  const starts = new Int32Array(BUCKETS + 3)
  const buckets = new Uint16Array(group.length)
  for (let at = 0; at < group.length; at += 1) {
    const bucket = bucketOf(group[at] as number)
    buckets[at] = bucket
    starts[bucket + 1] = (starts[bucket + 1] as number) + 1
  }
  for (let bucket = 0; bucket < BUCKETS + 2; bucket += 1) starts[bucket + 1] = (starts[bucket + 1] as number) + (starts[bucket] as number)
  const placed = new Int32Array(group.length)
  const next = starts.slice()
  for (let at = 0; at < group.length; at += 1) {
    const bucket = buckets[at] as number
    const place = next[bucket] as number
    placed[place] = group[at] as number
    next[bucket] = place + 1
  }
  for (let bucket = 0; bucket < BUCKETS + 2; bucket += 1) {
    const from = starts[bucket] as number
    const to = starts[bucket + 1] as number
    if (to > from && visitGroup(values, placed.subarray(from, to), visit)) return true
  }
  return false
}

const compare = (a: number, b: number): number => (a === b ? 0 : a > b ? 1 : -1)
