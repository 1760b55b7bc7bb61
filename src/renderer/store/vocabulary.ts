import { TOKEN_TYPE } from '../../shared/model/description'
import type { Answer } from '../../shared/protocol'

/** All tokens of the loaded model. Text is decoded when asked for and remembered. */
export class Vocabulary {
  readonly count: number
  readonly sha256: string | undefined
  private readonly arrays: Answer<'tokens.vocabulary'>['arrays']
  private readonly decoder = new TextDecoder()
  private readonly known: (string | undefined)[] = []
  private lower: readonly string[] | undefined

  constructor(answer: Answer<'tokens.vocabulary'>) {
    this.count = answer.count
    this.sha256 = answer.sha256
    this.arrays = answer.arrays
  }

  /** As it reads in running text; control tokens by name, lone bytes as <0xE2>; undefined beyond the vocabulary. */
  text(id: number): string | undefined {
    if (id < 0 || id >= this.count) return undefined
    const known = this.known[id]
    if (known !== undefined) return known
    const { text, textEnds } = this.arrays
    const decoded = this.decoder.decode(text.subarray(id === 0 ? 0 : (textEnds[id - 1] as number), textEnds[id] as number))
    this.known[id] = decoded
    return decoded
  }

  bytes(id: number): Uint8Array {
    const { bytes, byteEnds } = this.arrays
    return bytes.subarray(id === 0 ? 0 : (byteEnds[id - 1] as number), byteEnds[id] as number)
  }

  isControl(id: number): boolean {
    return this.arrays.types[id] === TOKEN_TYPE.control
  }

  isByte(id: number): boolean {
    return this.arrays.types[id] === TOKEN_TYPE.byte
  }

  /** Lower-cased texts of the whole vocabulary, for searching. */
  searchable(): readonly string[] {
    this.lower ??= Array.from({ length: this.count }, (_, id) => (this.text(id) as string).toLowerCase())
    return this.lower
  }
}

export const bytesHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
