/** Ids of a text that holds no special token. */
export interface RunningTextEncoder {
  encode(text: string, ids: number[]): void
}

/** Above this many remembered strings outside the vocabulary, an encoder starts afresh: a server must not grow with every odd text. */
export const MOST_OTHER_SYMBOLS = 1 << 16

/** An Int32Array with room for `length` entries, kept between calls up to a megabyte. */
export class SymbolBuffer {
  #buffer = new Int32Array(256)

  room(length: number): Int32Array {
    if (length <= this.#buffer.length) return this.#buffer
    const larger = new Int32Array(Math.max(length, this.#buffer.length * 2))
    if (larger.length <= 1 << 18) this.#buffer = larger
    return larger
  }
}
