import { GretaError } from '../../../shared/errors'
import { TOKEN_TYPE } from '../../../shared/model/description'
import { LIMITS } from '../limits'
import { describeValue } from '../metadata-reader'
import { isJsonObject, type JsonObject } from '../json'

/** A token that was added to a vocabulary after training. */
export interface AddedToken {
  readonly id: number
  readonly text: string
  readonly special: boolean
}

/** An entry of tokenizer.json's added_tokens or of tokenizer_config.json's added_tokens_decoder. */
export function parseAddedToken(fileName: string, idValue: unknown, entry: JsonObject): AddedToken {
  const id = typeof idValue === 'string' && /^\d{1,9}$/u.test(idValue) ? Number(idValue) : idValue
  const text = entry['content']
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= LIMITS.vocabulary || typeof text !== 'string') {
    throw new GretaError('format', `${fileName}: added token ${describeValue(idValue)} with text ${describeValue(text)} is not valid.`)
  }
  return { id, text, special: entry['special'] === true }
}

/** added_tokens_decoder of a tokenizer_config.json; empty when it has none. */
export function addedTokensOfConfig(fileName: string, config: JsonObject | undefined): readonly AddedToken[] {
  const block = config?.['added_tokens_decoder']
  if (!isJsonObject(block)) return []
  return Object.entries(block).map(([id, entry]) => parseAddedToken(fileName, id, isJsonObject(entry) ? entry : {}))
}

/** added_tokens.json of older folders, which says text and id only; what was added there is special. */
export function addedTokensOfFile(fileName: string, file: JsonObject | undefined): readonly AddedToken[] {
  return Object.entries(file ?? {}).map(([content, id]) => parseAddedToken(fileName, id, { content, special: true }))
}

/** A vocabulary under construction: ids may come in any order and leave holes. */
export class VocabularyBuilder {
  readonly pieces: (string | undefined)[] = []
  readonly types: number[] = []

  constructor(private readonly fileName: string) {}

  set(id: number, piece: string, type: number): void {
    // The cap keeps one absurd id from making a table of holes.
    if (!Number.isInteger(id) || id < 0 || id >= LIMITS.vocabulary) {
      throw new GretaError('format', `${this.fileName}: token ${describeValue(piece)} has id ${id}, which is out of range.`)
    }
    while (this.pieces.length < id) {
      this.pieces.push(undefined)
      this.types.push(TOKEN_TYPE.unused)
    }
    // Ids mostly come in order; writing one past the end of an array would slow it down for good.
    if (this.pieces.length === id) {
      this.pieces.push(piece)
      this.types.push(type)
      return
    }
    this.pieces[id] = piece
    this.types[id] = type
  }

  add(tokens: readonly AddedToken[]): void {
    for (const token of tokens) {
      const known = this.types[token.id]
      const keep = known === TOKEN_TYPE.unknown || known === TOKEN_TYPE.byte
      const type = token.special ? TOKEN_TYPE.control : TOKEN_TYPE.userDefined
      this.set(token.id, token.text, keep ? known : type)
    }
  }

  /** All pieces, holes named, followed by unused ones up to `size` rows of the embedding. */
  finish(size: number): { readonly pieces: readonly string[]; readonly types: Int32Array } {
    if (this.pieces.length > size) {
      throw new GretaError(
        'format',
        `${this.fileName}: the tokenizer has ${this.pieces.length} pieces, but the token embedding has ${size} rows.`,
        'Tokenizer and weights do not belong together.'
      )
    }
    const pieces = Array.from({ length: size }, (_, id) => this.pieces[id] ?? `[PAD${id}]`)
    const types = Int32Array.from({ length: size }, (_, id) => this.types[id] ?? TOKEN_TYPE.unused)
    return { pieces, types }
  }
}
