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

const RADIX = 65536

/** One pass of a least-significant-digit radix sort: stable, from `from` into `to`, by 16 bits of the keys. */
function pass(keys: Uint32Array, shift: number, from: Uint32Array, to: Uint32Array, descending: boolean): void {
  const starts = new Uint32Array(RADIX + 1)
  const digitOf = (id: number): number => {
    const digit = ((keys[id] as number) >>> shift) & 0xffff
    return descending ? 0xffff - digit : digit
  }
  for (let index = 0; index < from.length; index++) {
    const digit = digitOf(from[index] as number)
    starts[digit + 1] = (starts[digit + 1] as number) + 1
  }
  for (let digit = 0; digit < RADIX; digit++) starts[digit + 1] = (starts[digit + 1] as number) + (starts[digit] as number)
  for (let index = 0; index < from.length; index++) {
    const id = from[index] as number
    const digit = digitOf(id)
    const at = starts[digit] as number
    to[at] = id
    starts[digit] = at + 1
  }
}

/**
 * Ids in the order of their values; equal values by ascending id, NaN at the end when descending and at the
 * beginning when ascending. Linear in the vocabulary: no comparison function is called.
 */
export function orderByValue(values: Float32Array, descending: boolean): Uint32Array {
  const keys = sortableKeys(values)
  const first = new Uint32Array(values.length)
  for (let id = 0; id < first.length; id++) first[id] = id
  const second = new Uint32Array(values.length)
  pass(keys, 0, first, second, descending)
  pass(keys, 16, second, first, descending)
  return first
}

export const orderById = (count: number, descending: boolean): Uint32Array =>
  Uint32Array.from({ length: count }, (_, id) => (descending ? count - 1 - id : id))

/** Place of every id in an order, from 0. */
export function placesOf(order: Uint32Array): Uint32Array {
  const places = new Uint32Array(order.length)
  order.forEach((id, place) => {
    places[id] = place
  })
  return places
}
