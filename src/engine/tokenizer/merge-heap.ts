/** Ranks are below 2^21 and positions below 2^31, so that (rank, position) is one exact double that orders as the pair does. */
const POSITIONS = 2 ** 31
/** Children a node: four make the heap half as deep as two, and a long text's heap does not fit the caches. */
const ARITY = 4

/** A min-heap of possible merges ordered by (rank, position): one text may offer millions of them. */
export class MergeHeap {
  /** Of the entry that pop() took. */
  rank = 0
  /** Of the entry that pop() took. */
  position = 0

  #size = 0
  #keys: Float64Array

  constructor(capacity: number) {
    this.#keys = new Float64Array(Math.max(16, capacity))
  }

  push(rank: number, position: number): void {
    if (this.#size === this.#keys.length) this.#grow()
    const keys = this.#keys
    const key = rank * POSITIONS + position
    let at = this.#size++
    while (at > 0) {
      const parent = ((at - 1) / ARITY) | 0
      const parentKey = keys[parent] as number
      if (parentKey <= key) break
      keys[at] = parentKey
      at = parent
    }
    keys[at] = key
  }

  /** Takes the least entry into rank and position; false when there is none. */
  pop(): boolean {
    if (this.#size === 0) return false
    const keys = this.#keys
    const least = keys[0] as number
    this.rank = Math.floor(least / POSITIONS)
    this.position = least - this.rank * POSITIONS
    const size = --this.#size
    const key = keys[size] as number
    let at = 0
    for (let first = 1; first < size; first = at * ARITY + 1) {
      let child = first
      let childKey = keys[first] as number
      const last = Math.min(first + ARITY, size)
      for (let other = first + 1; other < last; other++) {
        const otherKey = keys[other] as number
        if (otherKey < childKey) {
          child = other
          childKey = otherKey
        }
      }
      if (childKey >= key) break
      keys[at] = childKey
      at = child
    }
    keys[at] = key
    return true
  }

  #grow(): void {
    const keys = this.#keys
    this.#keys = new Float64Array(keys.length * 2)
    this.#keys.set(keys)
  }
}
