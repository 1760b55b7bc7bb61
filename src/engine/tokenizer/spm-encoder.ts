import { GretaError } from '../../shared/errors'
import type { TokenizerSpec } from '../../shared/model/description'
import { mergeSymbols } from './merge'
import { type Merge, MergeTable } from './merge-table'
import { Symbols } from './symbols'
import { MOST_OTHER_SYMBOLS, type RunningTextEncoder, SymbolBuffer } from './text-encoder'
import { utf8Bytes } from './utf8'
import { unwritableByte, type Vocabulary } from './vocabulary'
import { WordCache } from './word-cache'

const SPACE_MARK = '\u2581'
/** A piece that holds a space after something else: words of such a vocabulary cannot be merged one by one. */
const SPACE_INSIDE = /[^\u2581]\u2581/u

/**
 * SentencePiece BPE: characters are joined, the pair whose joined piece has the highest score first. A character that ends up in no piece is
 * written byte by byte. Spaces arrive here as spaces and are written U+2581.
 */
export class SpmEncoder implements RunningTextEncoder {
  readonly #vocabulary: Vocabulary
  readonly #unknownId: number | undefined
  readonly #byteTokens: Int32Array
  readonly #ranks: Int32Array
  readonly #symbols: Symbols
  readonly #otherIds = new Map<number, readonly number[]>()
  readonly #table: MergeTable
  readonly #cache = new WordCache()
  readonly #buffer = new SymbolBuffer()
  readonly #mergesWordsAlone: boolean

  constructor(spec: TokenizerSpec, vocabulary: Vocabulary) {
    if (spec.scores === undefined || spec.scores.length < vocabulary.size) {
      const found = spec.scores === undefined ? 'none' : `${spec.scores.length}`
      throw new GretaError(
        'format',
        `A SentencePiece vocabulary needs one score a piece: expected ${vocabulary.size} scores, found ${found}.`
      )
    }
    this.#vocabulary = vocabulary
    this.#unknownId = spec.unknownId
    this.#byteTokens = vocabulary.byteTokenIds()
    this.#ranks = ranksOfScores(spec.scores)
    this.#symbols = new Symbols(vocabulary.textPieces, (id) => vocabulary.piece(id), vocabulary.size)
    this.#table = new MergeTable((left, right) => this.#merge(left, right))
    this.#mergesWordsAlone = ![...vocabulary.textPieces.keys()].some((piece) => SPACE_INSIDE.test(piece))
  }

  encode(text: string, ids: number[]): void {
    if (this.#symbols.otherCount > MOST_OTHER_SYMBOLS) {
      this.#symbols.clearOthers()
      this.#otherIds.clear()
      this.#table.clear()
    }
    const marked = text.replaceAll(' ', SPACE_MARK)
    if (!this.#mergesWordsAlone) {
      this.#encodeWord(marked, ids)
      return
    }
    // No merge can cross from a word to the space after it, so every "spaces and word" run is merged alone, and remembered.
    let start = 0
    for (let at = marked.indexOf(SPACE_MARK, 1); at > 0; at = marked.indexOf(SPACE_MARK, at + 1)) {
      if (marked[at - 1] === SPACE_MARK) continue
      this.#encodeRemembered(marked.slice(start, at), ids)
      start = at
    }
    this.#encodeRemembered(marked.slice(start), ids)
  }

  #encodeRemembered(word: string, ids: number[]): void {
    const known = this.#cache.get(word)
    if (known !== undefined) {
      for (const id of known) ids.push(id)
      return
    }
    const start = ids.length
    this.#encodeWord(word, ids)
    this.#cache.set(word, ids.slice(start))
  }

  #encodeWord(word: string, ids: number[]): void {
    const symbols = this.#buffer.room(word.length)
    let count = 0
    for (const character of word) symbols[count++] = this.#symbols.of(character)
    const left = mergeSymbols(symbols, count, this.#table)
    for (let at = 0; at < left; at++) {
      const symbol = symbols[at] as number
      if (this.#symbols.isPiece(symbol)) ids.push(symbol)
      else for (const id of this.#idsOfOther(symbol)) ids.push(id)
    }
  }

  /** Ids of a character that is no piece: its byte tokens, or the unknown token where the vocabulary lacks one of them. */
  #idsOfOther(symbol: number): readonly number[] {
    const known = this.#otherIds.get(symbol)
    if (known !== undefined) return known
    // A vocabulary without a piece for the space: its byte is 0x20, so that decoding gives a space back and not the mark.
    const bytes = utf8Bytes(this.#symbols.text(symbol).replace(SPACE_MARK, ' '))
    const missing = bytes.find((byte) => this.#byteTokens[byte] === -1)
    if (missing !== undefined && this.#unknownId === undefined) throw unwritableByte(missing)
    const ids = missing === undefined ? Array.from(bytes, (byte) => this.#byteTokens[byte] as number) : [this.#unknownId as number]
    this.#otherIds.set(symbol, ids)
    return ids
  }

  #merge(left: number, right: number): Merge | undefined {
    const merged = this.#vocabulary.textPieces.get(this.#symbols.text(left) + this.#symbols.text(right))
    return merged === undefined ? undefined : { rank: this.#ranks[merged] as number, merged }
  }
}

/** Scores as dense ranks: 0 for the highest, equal scores equal. A score that is not a number ranks last. */
function ranksOfScores(scores: Float32Array): Int32Array {
  const sorted = scores.map((score) => (Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score)).sort()
  const rankOf = new Map<number, number>()
  for (let i = sorted.length - 1; i >= 0; i--) {
    const score = sorted[i] as number
    if (!rankOf.has(score)) rankOf.set(score, rankOf.size)
  }
  const last = rankOf.size
  return Int32Array.from(scores, (score) => rankOf.get(score) ?? last)
}
