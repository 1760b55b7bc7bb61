import { TOKEN_TYPE } from '../../shared/model/description'
import type { Answer } from '../../shared/protocol'

/** All tokens of the loaded model. The texts are one string, cut where a token is asked for. */
export class Vocabulary {
  readonly count: number
  readonly sha256: string | undefined
  private readonly arrays: Answer<'tokens.vocabulary'>['arrays']
  private readonly whole: string
  /** Where the text of each token begins in `whole`, in UTF-16 units; one more for the end. */
  private readonly starts: Uint32Array
  private lower: readonly string[] | undefined
  private readonly wholes = new Map<number, string | undefined>()
  private readonly strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

  constructor(answer: Answer<'tokens.vocabulary'>) {
    this.count = answer.count
    this.sha256 = answer.sha256
    this.arrays = answer.arrays
    this.whole = new TextDecoder('utf-8', { ignoreBOM: true }).decode(answer.arrays.text)
    this.starts = utf16Starts(answer.arrays.text, answer.arrays.textEnds)
  }

  /** As it reads in running text; control tokens by name, lone bytes as <0xE2>; undefined beyond the vocabulary. */
  text(id: number): string | undefined {
    if (id < 0 || id >= this.count) return undefined
    return this.whole.slice(this.starts[id], this.starts[id + 1])
  }

  bytes(id: number): Uint8Array {
    const { bytes, byteEnds } = this.arrays
    return bytes.subarray(id === 0 ? 0 : (byteEnds[id - 1] as number), byteEnds[id] as number)
  }

  /** The token's bytes as text; undefined when they are not whole characters. */
  wholeText(id: number): string | undefined {
    if (id < 0 || id >= this.count) return ''
    if (this.wholes.has(id)) return this.wholes.get(id)
    let whole: string | undefined
    try {
      whole = this.strict.decode(this.bytes(id))
    } catch {
      whole = undefined
    }
    this.wholes.set(id, whole)
    return whole
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

/** Places of UTF-8 ends in the decoded string: a character of four bytes is two UTF-16 units, any other is one. */
export function utf16Starts(text: Uint8Array, ends: Uint32Array): Uint32Array {
  const starts = new Uint32Array(ends.length + 1)
  let units = 0
  let byte = 0
  for (let id = 0; id < ends.length; id++) {
    for (const end = ends[id] as number; byte < end; byte++) {
      const value = text[byte] as number
      if (value < 0x80 || value >= 0xc0) units += value >= 0xf0 ? 2 : 1
    }
    starts[id + 1] = units
  }
  return starts
}

export const bytesHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
