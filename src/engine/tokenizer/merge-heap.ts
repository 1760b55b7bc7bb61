/** Ranks are below 2^21 and positions below 2^31, so that (rank, position) orders as one exact double. */
const POSITIONS = 2 ** 31

/** A binary min-heap of possible merges ordered by (rank, position), in typed arrays: one text may offer millions of them. */
export class MergeHeap {
  /** Of the entry that pop() took. */
  position = 0
  leftSymbol = 0
  rightSymbol = 0

  #size = 0
  #keys: Float64Array
  #lefts: Int32Array
  #rights: Int32Array

  constructor(capacity: number) {
    const room = Math.max(16, capacity)
    this.#keys = new Float64Array(room)
    this.#lefts = new Int32Array(room)
    this.#rights = new Int32Array(room)
  }

  push(rank: number, position: number, leftSymbol: number, rightSymbol: number): void {
    if (this.#size === this.#keys.length) this.#grow()
    const key = rank * POSITIONS + position
    let at = this.#size++
    while (at > 0) {
      const parent = (at - 1) >> 1
      if ((this.#keys[parent] as number) <= key) break
      this.#move(parent, at)
      at = parent
    }
    this.#put(at, key, leftSymbol, rightSymbol)
  }

  /** Takes the least entry into position, leftSymbol and rightSymbol; false when there is none. */
  pop(): boolean {
    if (this.#size === 0) return false
    this.position = (this.#keys[0] as number) % POSITIONS
    this.leftSymbol = this.#lefts[0] as number
    this.rightSymbol = this.#rights[0] as number
    const last = --this.#size
    const key = this.#keys[last] as number
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= last) break
      if (child + 1 < last && (this.#keys[child + 1] as number) < (this.#keys[child] as number)) child += 1
      if ((this.#keys[child] as number) >= key) break
      this.#move(child, at)
      at = child
    }
    this.#put(at, key, this.#lefts[last] as number, this.#rights[last] as number)
    return true
  }

  #put(at: number, key: number, leftSymbol: number, rightSymbol: number): void {
    this.#keys[at] = key
    this.#lefts[at] = leftSymbol
    this.#rights[at] = rightSymbol
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#keys[from] as number, this.#lefts[from] as number, this.#rights[from] as number)
  }

  #grow(): void {
    const room = this.#keys.length * 2
    const [keys, lefts, rights] = [this.#keys, this.#lefts, this.#rights]
    this.#keys = new Float64Array(room)
    this.#lefts = new Int32Array(room)
    this.#rights = new Int32Array(room)
    this.#keys.set(keys)
    this.#lefts.set(lefts)
    this.#rights.set(rights)
  }
}
