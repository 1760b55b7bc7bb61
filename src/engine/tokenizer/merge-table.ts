/** What joining two symbols gives. `rank`: lower is joined earlier; 0 <= rank < 2^21. */
export interface Merge {
  readonly rank: number
  readonly merged: number
}

const FIRST_CAPACITY = 1 << 12
const LARGEST_CAPACITY = 1 << 21
const NO_MERGE = -1

/**
 * Which pairs of symbols join, found out once per pair and then remembered. An open-addressing table over (left, right): tokenizing asks about
 * every neighbouring pair of a text, and most pairs come again. Above a million pairs it stops remembering and keeps asking.
 */
export class MergeTable {
  /** Of the last find() that returned true. */
  rank = 0
  /** Of the last find() that returned true. */
  merged = 0

  readonly #resolve: (left: number, right: number) => Merge | undefined
  #mask = 0
  #used = 0
  #left = new Int32Array(0)
  #right = new Int32Array(0)
  #rank = new Int32Array(0)
  #merged = new Int32Array(0)

  constructor(resolve: (left: number, right: number) => Merge | undefined) {
    this.#resolve = resolve
    this.clear()
  }

  clear(): void {
    this.#allocate(FIRST_CAPACITY)
  }

  /** Whether the two symbols join; `rank` and `merged` then hold how. */
  find(left: number, right: number): boolean {
    const slot = this.#slot(left, right)
    if (this.#left[slot] !== left || this.#right[slot] !== right) return this.#findAndRemember(left, right)
    const rank = this.#rank[slot] ?? NO_MERGE
    if (rank === NO_MERGE) return false
    this.rank = rank
    this.merged = this.#merged[slot] ?? 0
    return true
  }

  #findAndRemember(left: number, right: number): boolean {
    const merge = this.#resolve(left, right)
    this.#remember(left, right, merge)
    if (merge === undefined) return false
    this.rank = merge.rank
    this.merged = merge.merged
    return true
  }

  #remember(left: number, right: number, merge: Merge | undefined): void {
    const capacity = this.#mask + 1
    if (this.#used * 2 >= capacity) {
      if (capacity >= LARGEST_CAPACITY) return
      this.#grow()
    }
    this.#put(left, right, merge?.rank ?? NO_MERGE, merge?.merged ?? 0)
  }

  #put(left: number, right: number, rank: number, merged: number): void {
    const slot = this.#slot(left, right)
    this.#left[slot] = left
    this.#right[slot] = right
    this.#rank[slot] = rank
    this.#merged[slot] = merged
    this.#used += 1
  }

  /** The slot that holds the pair, or the free one where it belongs. */
  #slot(left: number, right: number): number {
    let slot = (Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)) >>> 0
    slot = (slot ^ (slot >>> 15)) & this.#mask
    while (this.#left[slot] !== -1 && (this.#left[slot] !== left || this.#right[slot] !== right)) slot = (slot + 1) & this.#mask
    return slot
  }

  #grow(): void {
    const [lefts, rights, ranks, mergeds] = [this.#left, this.#right, this.#rank, this.#merged]
    this.#allocate(lefts.length * 4)
    for (let i = 0; i < lefts.length; i++) {
      const left = lefts[i] ?? -1
      if (left !== -1) this.#put(left, rights[i] ?? 0, ranks[i] ?? 0, mergeds[i] ?? 0)
    }
  }

  #allocate(capacity: number): void {
    this.#mask = capacity - 1
    this.#used = 0
    this.#left = new Int32Array(capacity).fill(-1)
    this.#right = new Int32Array(capacity)
    this.#rank = new Int32Array(capacity)
    this.#merged = new Int32Array(capacity)
  }
}
