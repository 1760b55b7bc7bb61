const MOST_WORDS = 1 << 15
const LONGEST_WORD = 40

/** Ids of short words met before. Natural text repeats its words, so this spares most of the merging. Emptied when full. */
export class WordCache {
  readonly #words = new Map<string, readonly number[]>()

  get(word: string): readonly number[] | undefined {
    return word.length > LONGEST_WORD ? undefined : this.#words.get(word)
  }

  set(word: string, ids: readonly number[]): void {
    if (word.length > LONGEST_WORD) return
    if (this.#words.size >= MOST_WORDS) this.#words.clear()
    // A slice of a long text would keep the whole text in memory; this makes a string of its own.
    this.#words.set(` ${word}`.slice(1), ids)
  }
}
