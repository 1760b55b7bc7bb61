import { GretaError } from '../../shared/errors'
import { TOKEN_TYPE, type TokenizerSpec } from '../../shared/model/description'
import { bytesOfAlphabetText } from './byte-alphabet'
import { byteName, displayText, utf8Bytes } from './utf8'

const NO_BYTES = new Uint8Array(0)
const SPACE_MARK = /\u2581/g
const BYTE_PIECE = /^<0x([0-9A-Fa-f]{2})>$/
/** What the text of a special token looks like; some files mark such tokens as plain text. */
const SPECIAL_LOOK = /^(?:<.+>|\[.+\])$/su

/** The tokens of a file: what each is, and which bytes it stands for. */
export class Vocabulary {
  readonly size: number
  /** Pieces that running text may turn into, by their spelling in the file: plain and user-defined ones. The first of equals counts. */
  readonly textPieces: ReadonlyMap<string, number>

  readonly #spec: TokenizerSpec
  readonly #endsGeneration: ReadonlySet<number>
  readonly #types: Int32Array
  readonly #bytes: (Uint8Array | undefined)[]

  constructor(spec: TokenizerSpec) {
    this.size = spec.pieces.length
    this.#spec = spec
    this.#endsGeneration = new Set(spec.eosId === undefined ? spec.endOfGenerationIds : [...spec.endOfGenerationIds, spec.eosId])
    this.#types = effectiveTypes(spec)
    this.#bytes = Array.from({ length: this.size })
    this.textPieces = this.#collectTextPieces()
  }

  piece(id: number): string {
    return this.#spec.pieces[this.#checked(id)] as string
  }

  type(id: number): number {
    return this.#types[this.#checked(id)] as number
  }

  endsGeneration(id: number): boolean {
    return this.#endsGeneration.has(this.#checked(id))
  }

  /** Bytes in running text; `special` also spells tokens that stand for no text. The array is shared: do not write to it. */
  bytes(id: number, special: boolean): Uint8Array {
    const type = this.type(id)
    const silent = type === TOKEN_TYPE.control || type === TOKEN_TYPE.unknown || type === TOKEN_TYPE.unused
    if (silent && !special) return NO_BYTES
    return (this.#bytes[id] ??= this.#spell(id, type, silent))
  }

  /** For people: control tokens by name, whole characters as they are, lone bytes as <0xE2>. */
  displayText(id: number): string {
    return displayText(this.bytes(id, true))
  }

  /** For every byte value, the id of the byte token "<0x..>" (SentencePiece byte fallback), or -1. */
  byteTokenIds(): Int32Array {
    const ids = new Int32Array(256).fill(-1)
    for (let id = this.size - 1; id >= 0; id--) {
      const byte = this.type(id) === TOKEN_TYPE.byte ? byteOfPiece(this.piece(id)) : undefined
      if (byte !== undefined) ids[byte] = id
    }
    return ids
  }

  #spell(id: number, type: number, silent: boolean): Uint8Array {
    const piece = this.piece(id)
    if (silent) return utf8Bytes(piece)
    if (type === TOKEN_TYPE.byte) {
      const byte = byteOfPiece(piece)
      return byte === undefined ? utf8Bytes(piece) : Uint8Array.of(byte)
    }
    if (this.#spec.kind === 'spm') return utf8Bytes(piece.replace(SPACE_MARK, ' '))
    if (type === TOKEN_TYPE.userDefined) return utf8Bytes(piece)
    return bytesOfAlphabetText(piece) ?? utf8Bytes(piece)
  }

  #collectTextPieces(): Map<string, number> {
    const found = new Map<string, number>()
    for (let id = this.size - 1; id >= 0; id--) {
      const type = this.type(id)
      if (type === TOKEN_TYPE.normal || type === TOKEN_TYPE.userDefined) found.set(this.piece(id), id)
    }
    found.delete('')
    return found
  }

  #checked(id: number): number {
    if (Number.isInteger(id) && id >= 0 && id < this.size) return id
    throw new GretaError('out-of-range', `Token id ${id} is not in this vocabulary: its ids are 0 to ${this.size - 1}.`)
  }
}

/**
 * The types of the file, with what some converters leave out put right: tokens that begin or end a text are control tokens when they look like
 * ones, the unknown token is unknown, and "<0x0A>" is a byte in a SentencePiece vocabulary that marks no byte at all.
 */
function effectiveTypes(spec: TokenizerSpec): Int32Array {
  const types = Int32Array.from(spec.types)
  if (spec.kind === 'spm' && !types.includes(TOKEN_TYPE.byte)) {
    for (const [id, piece] of spec.pieces.entries()) {
      if (types[id] === TOKEN_TYPE.normal && BYTE_PIECE.test(piece)) types[id] = TOKEN_TYPE.byte
    }
  }
  for (const id of [spec.bosId, spec.eosId, ...spec.endOfGenerationIds]) {
    if (id !== undefined && types[id] !== TOKEN_TYPE.byte && SPECIAL_LOOK.test(spec.pieces[id] ?? '')) types[id] = TOKEN_TYPE.control
  }
  if (spec.unknownId !== undefined && types[spec.unknownId] === TOKEN_TYPE.normal) types[spec.unknownId] = TOKEN_TYPE.unknown
  return types
}

function byteOfPiece(piece: string): number | undefined {
  const match = BYTE_PIECE.exec(piece)
  return match === null ? undefined : Number.parseInt(match[1] as string, 16)
}

/** The error for a text that a vocabulary cannot write: no token for this byte and no unknown token. */
export function unwritableByte(byte: number): GretaError {
  return new GretaError(
    'unsupported',
    `This vocabulary has no token for the byte ${byteName(byte)} and no unknown token, so the text cannot be written in it.`,
    'Remove the character from the text, or use a model whose vocabulary covers it.'
  )
}
