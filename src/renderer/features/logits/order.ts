const NEGATIVE_ZERO = 0x8000_0000

/** Bits of a float as a whole number that sorts like the float: negatives reversed, both zeros equal, NaN before everything. */
function sortableKeys(values: Float32Array): Uint32Array {
  const keys = new Uint32Array(values.buffer, values.byteOffset, values.length).slice()
  for (let index = 0; index < keys.length; index++) {
    const bits = keys[index] as number
    keys[index] = Number.isNaN(values[index] as number) ? 0 : bits === NEGATIVE_ZERO || bits >>> 31 === 0 ? bits | 0x8000_0000 : ~bits
  }
  return keys
}

/** Bits a pass: 2,048 counters stay in the fastest cache, 65,536 do not. Three passes make 32 bits. */
const DIGIT_BITS = 11
const RADIX = 1 << DIGIT_BITS

/** Ids and their keys, which move together. */
interface Keyed {
  readonly ids: Uint32Array
  readonly keys: Uint32Array
}

/** One pass of a least-significant-digit radix sort: stable, from `from` into `to`. */
function pass(from: Keyed, to: Keyed, shift: number): void {
  const { ids, keys } = from
  const starts = new Uint32Array(RADIX + 1)
  for (let index = 0; index < keys.length; index++) {
    const digit = ((keys[index] as number) >>> shift) & (RADIX - 1)
    starts[digit + 1] = (starts[digit + 1] as number) + 1
  }
  for (let digit = 0; digit < RADIX; digit++) starts[digit + 1] = (starts[digit + 1] as number) + (starts[digit] as number)
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as number
    const digit = (key >>> shift) & (RADIX - 1)
    const at = starts[digit] as number
    to.ids[at] = ids[index] as number
    to.keys[at] = key
    starts[digit] = at + 1
  }
}

/**
 * Ids in the order of their values; equal values by ascending id, NaN at the end when descending and at the
 * beginning when ascending. Linear in the vocabulary: no comparison function is called.
 */
export function orderByValue(values: Float32Array, descending: boolean): Uint32Array {
  const one: Keyed = { ids: new Uint32Array(values.length), keys: sortableKeys(values) }
  const other: Keyed = { ids: new Uint32Array(values.length), keys: new Uint32Array(values.length) }
  for (let id = 0; id < one.ids.length; id++) one.ids[id] = id
  if (descending) for (let id = 0; id < one.keys.length; id++) one.keys[id] = ~(one.keys[id] as number)
  pass(one, other, 0)
  pass(other, one, DIGIT_BITS)
  pass(one, other, 2 * DIGIT_BITS)
  return other.ids
}

const WARM_UP_VALUES = 4096
const WARM_UP_ROUNDS = 24

/**
 * Sorts a little in quiet moments, one after the other: the first sort of a page would run uncompiled, ten times as long, while
 * somebody waits for it.
 */
export function warmUp(rounds = WARM_UP_ROUNDS): void {
  const values = Float32Array.from({ length: WARM_UP_VALUES }, (_, id) => Math.sin(id) * 20)
  placesOf(orderByValue(values, rounds % 2 === 0))
  if (rounds > 1) requestIdleCallback(() => warmUp(rounds - 1))
}

export const orderById = (count: number, descending: boolean): Uint32Array =>
  Uint32Array.from({ length: count }, (_, id) => (descending ? count - 1 - id : id))

/** Place of every id in an order, from 0. */
export function placesOf(order: Uint32Array): Uint32Array {
  const places = new Uint32Array(order.length)
  for (let place = 0; place < order.length; place++) places[order[place] as number] = place
  return places
}
