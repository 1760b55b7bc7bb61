import type { RandomBits } from '../writing/random'

/** Numbers at which loaders break: edges of the integer types, of what a double holds, and what is not a number. */
export const INTERESTING_INTEGERS: readonly bigint[] = [
  0n,
  1n,
  2n,
  7n,
  31n,
  255n,
  256n,
  65_535n,
  2n ** 24n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n,
  2n ** 61n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n
]
export const INTERESTING_FLOATS: readonly number[] = [0, -0, 1, -1, 1e-45, 1e-6, 1e38, -1e38, Number.NaN, Infinity, -Infinity]

export const pick = <T>(random: RandomBits, list: readonly T[]): T => list[random.below(list.length)] as T
export const chance = (random: RandomBits, oneIn: number): boolean => random.below(oneIn) === 0

/** A copy of the list with one element changed. */
export function changeOne<T>(random: RandomBits, list: readonly T[], change: (element: T) => T): readonly T[] {
  if (list.length === 0) return list
  const index = random.below(list.length)
  return list.map((element, at) => (at === index ? change(element) : element))
}

/** Without one element, with one twice, or with two exchanged. */
export function rearrange<T>(random: RandomBits, list: readonly T[]): readonly T[] {
  if (list.length === 0) return list
  const index = random.below(list.length)
  const other = random.below(list.length)
  const result = [...list]
  switch (random.below(3)) {
    case 0:
      result.splice(index, 1)
      break
    case 1:
      result.splice(other, 0, list[index] as T)
      break
    default:
      result[index] = list[other] as T
      result[other] = list[index] as T
  }
  return result
}
