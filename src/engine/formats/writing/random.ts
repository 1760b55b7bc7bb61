/** A seeded source of bits: Marsaglia's xorshift32 (J. Stat. Softw. 8(14), 2003). Fast, not for secrets. */
export class RandomBits {
  private state: number

  /** Streams of different names are independent; the same seed and name give the same stream. */
  constructor(seed: number, name: string) {
    // FNV-1a over the name, mixed with the seed; xorshift must not start at 0.
    let hash = 0x811c9dc5 ^ seed
    for (let index = 0; index < name.length; index += 1) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    this.state = (hash ^ (hash >>> 13)) | 0 || 0x9e3779b9 | 0
    for (let index = 0; index < 8; index += 1) this.next()
  }

  /** 32 bits as a signed integer. */
  next(): number {
    let x = this.state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.state = x
    return x
  }

  /** In [0, 1). */
  fraction(): number {
    return (this.next() >>> 0) / 2 ** 32
  }

  /** A whole number in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.fraction() * bound)
  }

  fill(words: Int32Array): void {
    let x = this.state
    for (let index = 0; index < words.length; index += 1) {
      x ^= x << 13
      x ^= x >>> 17
      x ^= x << 5
      words[index] = x
    }
    this.state = x
  }
}
