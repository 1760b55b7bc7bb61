/**
 * Numbers for the strings that merging works on. A piece of the vocabulary keeps its id; any other string (a character that is no piece, the
 * unfinished half of a merge) gets a number from the vocabulary's size upwards.
 */
export class Symbols {
  readonly #pieces: ReadonlyMap<string, number>
  readonly #pieceText: (id: number) => string
  readonly #firstOther: number
  readonly #others = new Map<string, number>()
  readonly #otherTexts: string[] = []

  constructor(pieces: ReadonlyMap<string, number>, pieceText: (id: number) => string, vocabularySize: number) {
    this.#pieces = pieces
    this.#pieceText = pieceText
    this.#firstOther = vocabularySize
  }

  of(text: string): number {
    const known = this.#pieces.get(text) ?? this.#others.get(text)
    if (known !== undefined) return known
    const symbol = this.#firstOther + this.#otherTexts.length
    this.#others.set(text, symbol)
    this.#otherTexts.push(text)
    return symbol
  }

  text(symbol: number): string {
    return symbol < this.#firstOther ? this.#pieceText(symbol) : (this.#otherTexts[symbol - this.#firstOther] as string)
  }

  isPiece(symbol: number): boolean {
    return symbol < this.#firstOther
  }

  get otherCount(): number {
    return this.#otherTexts.length
  }

  /** Forgets every string that is no piece; symbols handed out for them are void. */
  clearOthers(): void {
    this.#others.clear()
    this.#otherTexts.length = 0
  }
}
