/**
 * The printable alphabet that byte-level BPE files write bytes in (GPT-2, Radford et al. 2019): printable Latin-1 characters stand for
 * themselves, the 68 others for U+0100, U+0101 … in byte order. A space is "Ġ", a newline "Ċ".
 */
export const BYTE_TO_CHARACTER: readonly string[] = byteToCharacter()

const CHARACTER_CODE_TO_BYTE: Int16Array = characterCodeToByte()

function byteToCharacter(): string[] {
  let next = 0x100
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae
    return String.fromCharCode(printable ? byte : next++)
  })
}

function characterCodeToByte(): Int16Array {
  const table = new Int16Array(0x200).fill(-1)
  for (const [byte, character] of BYTE_TO_CHARACTER.entries()) table[character.charCodeAt(0)] = byte
  return table
}

/** The bytes that a piece spells in the byte alphabet; undefined when it holds any other character (then it is plain text). */
export function bytesOfAlphabetText(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const byte = CHARACTER_CODE_TO_BYTE[text.charCodeAt(i)] ?? -1
    if (byte < 0) return undefined
    bytes[i] = byte
  }
  return bytes
}

/** Bytes spelled in the byte alphabet. */
export function alphabetTextOfBytes(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += BYTE_TO_CHARACTER[byte]
  return text
}
