import { GretaError } from '../../shared/errors'
import type { TokenizerSpec } from '../../shared/model/description'
import { alphabetTextOfBytes, BYTE_TO_CHARACTER, bytesOfAlphabetText } from './byte-alphabet'
import { mergeSymbols } from './merge'
import { type Merge, MergeTable } from './merge-table'
import { type PreTokenizer, preTokenizerNamed } from './pre-tokenizers'
import { splitText } from './split-text'
import { Symbols } from './symbols'
import { MOST_OTHER_SYMBOLS, type RunningTextEncoder, SymbolBuffer } from './text-encoder'
import { unwritableByte, type Vocabulary } from './vocabulary'
import { WordCache } from './word-cache'

/** Byte-level BPE: the text is cut into words, each word's bytes are joined pair by pair in the order of the file's merge list. */
export class ByteBpeEncoder implements RunningTextEncoder {
  readonly #vocabulary: Vocabulary
  readonly #unknownId: number | undefined
  readonly #preTokenizer: PreTokenizer
  readonly #mergeRanks: ReadonlyMap<string, number>
  readonly #symbols: Symbols
  readonly #byteSymbols = new Int32Array(256)
  readonly #table: MergeTable
  readonly #cache = new WordCache()
  readonly #buffer = new SymbolBuffer()
  readonly #utf8 = new TextEncoder()
  #bytes = new Uint8Array(1024)

  constructor(spec: TokenizerSpec, vocabulary: Vocabulary) {
    if (spec.merges === undefined) {
      throw new GretaError(
        'format',
        'A byte-level BPE vocabulary needs its list of merges (tokenizer.ggml.merges): expected one, found none.'
      )
    }
    this.#vocabulary = vocabulary
    this.#unknownId = spec.unknownId
    this.#preTokenizer = preTokenizerNamed(spec.preTokenizer ?? 'default')
    this.#mergeRanks = rankMerges(spec.merges)
    this.#symbols = new Symbols(vocabulary.textPieces, (id) => vocabulary.piece(id), vocabulary.size)
    this.#table = new MergeTable((left, right) => this.#merge(left, right))
    this.#nameByteSymbols()
  }

  encode(text: string, ids: number[]): void {
    if (this.#symbols.otherCount > MOST_OTHER_SYMBOLS) {
      this.#symbols.clearOthers()
      this.#table.clear()
      this.#nameByteSymbols()
    }
    for (const word of splitText(text, this.#preTokenizer.steps)) {
      const known = this.#cache.get(word)
      if (known === undefined) {
        const start = ids.length
        this.#encodeWord(word, ids)
        this.#cache.set(word, ids.slice(start))
      } else {
        for (const id of known) ids.push(id)
      }
    }
  }

  #encodeWord(word: string, ids: number[]): void {
    if (this.#bytes.length < word.length * 3) this.#bytes = new Uint8Array(word.length * 3)
    const { written } = this.#utf8.encodeInto(word, this.#bytes)
    if (this.#preTokenizer.wholeWordsFirst) {
      const whole = this.#vocabulary.textPieces.get(alphabetTextOfBytes(this.#bytes.subarray(0, written)))
      if (whole !== undefined) {
        ids.push(whole)
        return
      }
    }
    const symbols = this.#buffer.room(written)
    for (let at = 0; at < written; at++) symbols[at] = this.#byteSymbols[this.#bytes[at] as number] as number
    const left = mergeSymbols(symbols, written, this.#table)
    for (let at = 0; at < left; at++) {
      const symbol = symbols[at] as number
      if (this.#symbols.isPiece(symbol)) ids.push(symbol)
      else this.#pushBytes(this.#symbols.text(symbol), ids)
    }
  }

  /** A merge whose result is no piece of the vocabulary is written byte by byte. */
  #pushBytes(text: string, ids: number[]): void {
    for (const byte of bytesOfAlphabetText(text) ?? []) {
      const symbol = this.#byteSymbols[byte] as number
      if (this.#symbols.isPiece(symbol)) ids.push(symbol)
      else if (this.#unknownId === undefined) throw unwritableByte(byte)
      else ids.push(this.#unknownId)
    }
  }

  #merge(left: number, right: number): Merge | undefined {
    const leftText = this.#symbols.text(left)
    const rightText = this.#symbols.text(right)
    const rank = this.#mergeRanks.get(`${leftText} ${rightText}`)
    return rank === undefined ? undefined : { rank, merged: this.#symbols.of(leftText + rightText) }
  }

  #nameByteSymbols(): void {
    for (const [byte, character] of BYTE_TO_CHARACTER.entries()) this.#byteSymbols[byte] = this.#symbols.of(character)
  }
}

/** "left right" to its place in the list; the first of equals counts. */
function rankMerges(merges: readonly string[]): Map<string, number> {
  const ranks = new Map<string, number>()
  for (let rank = merges.length - 1; rank >= 0; rank--) ranks.set(merges[rank] as string, rank)
  return ranks
}
