const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** UTF-8 bytes of a text; a lone surrogate becomes U+FFFD. */
export function utf8Bytes(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Text of UTF-8 bytes; every malformed part becomes U+FFFD. A byte order mark is kept. */
export function utf8Text(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** The text with every lone surrogate replaced by U+FFFD, so that every later step sees well-formed Unicode. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD')
}

/** Length in bytes of the sequence a lead byte opens; 0 for a byte that can open none (Unicode 15, table 3-7). */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1
  if (lead >= 0xc2 && lead <= 0xdf) return 2
  if (lead >= 0xe0 && lead <= 0xef) return 3
  if (lead >= 0xf0 && lead <= 0xf4) return 4
  return 0
}

/** Whether `second` may follow `lead`: some leads allow a part of 80..BF only, so that overlong forms and surrogates are refused early. */
function secondByteFits(lead: number, second: number): boolean {
  if (lead === 0xe0) return second >= 0xa0 && second <= 0xbf
  if (lead === 0xed) return second >= 0x80 && second <= 0x9f
  if (lead === 0xf0) return second >= 0x90 && second <= 0xbf
  if (lead === 0xf4) return second >= 0x80 && second <= 0x8f
  return second >= 0x80 && second <= 0xbf
}

/** How many bytes (0 to 3) at the end are the beginning of a character that may still be completed. */
export function incompleteTailLength(bytes: Uint8Array): number {
  for (let length = 1; length <= Math.min(3, bytes.length); length++) {
    const start = bytes.length - length
    const lead = bytes[start] ?? 0
    if (lead >= 0x80 && lead <= 0xbf) continue
    if (sequenceLength(lead) <= length) return 0
    return length === 1 || secondByteFits(lead, bytes[start + 1] ?? 0) ? length : 0
  }
  return 0
}

/** Text for display: whole characters as they are, every byte that is part of none as <0xE2>. */
export function displayText(bytes: Uint8Array): string {
  let text = ''
  let runStart = 0
  let at = 0
  while (at < bytes.length) {
    const length = wholeCharacterLength(bytes, at)
    if (length > 0) {
      at += length
      continue
    }
    text += utf8Text(bytes.subarray(runStart, at)) + byteName(bytes[at] ?? 0)
    at += 1
    runStart = at
  }
  return text + utf8Text(bytes.subarray(runStart))
}

/** "<0x0A>": how SentencePiece names a byte token and how we show a lone byte. */
export function byteName(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`
}

function wholeCharacterLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0
  const length = sequenceLength(lead)
  if (length < 2) return length
  if (at + length > bytes.length || !secondByteFits(lead, bytes[at + 1] ?? 0)) return 0
  for (let i = 2; i < length; i++) {
    const byte = bytes[at + i] ?? 0
    if (byte < 0x80 || byte > 0xbf) return 0
  }
  return length
}
