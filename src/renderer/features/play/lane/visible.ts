/**
 * How token text is shown. Text is data: it is never HTML, nothing in it may reorder its surroundings, and nothing in it
 * may be invisible where a person has to tell tokens apart.
 */
export interface LanePart {
  readonly kind: 'text' | 'space' | 'mark'
  /** What stands on the screen. A mark is a sign for something that has no glyph; copying the text leaves it out. */
  readonly text: string
  readonly breakAfter: boolean
}

const hex = (code: number): string => code.toString(16).toUpperCase().padStart(2, '0')

/** The sign for a character that must not be shown as itself, or undefined for ordinary ones. */
function signOf(code: number): string | undefined {
  if (code === 0x09) return '⇥'
  if (code === 0x0a) return '↵'
  if (code === 0x0d) return '␍'
  if (code < 0x20) return String.fromCodePoint(0x2400 + code)
  if (code === 0x7f) return '␡'
  if (code >= 0x80 && code < 0xa0) return `⟨${hex(code)}⟩`
  if (code === 0xad || code === 0xfeff || (code >= 0x200b && code <= 0x200f)) return `⟨U+${hex(code)}⟩`
  // Line and paragraph separators, bidi embeddings, overrides, isolates, invisible operators.
  if ((code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f)) return `⟨U+${hex(code)}⟩`
  return undefined
}

/** A zero-width joiner inside an emoji is part of it; alone or at an edge it is shown. */
const isJoinerInside = (code: number, index: number, length: number): boolean => code === 0x200d && index > 0 && index < length - 1

/** The text of one token cut where a line may break, with signs for what has no glyph. */
export function lanePartsOf(text: string): readonly LanePart[] {
  const parts: LanePart[] = []
  const characters = Array.from(text)
  const onlySpaces = /^ +$/.test(text)
  let run = ''
  let runIsSpace = false
  const flush = () => {
    if (run === '') return
    parts.push({ kind: runIsSpace ? 'space' : 'text', text: run, breakAfter: runIsSpace })
    run = ''
  }
  characters.forEach((character, index) => {
    const code = character.codePointAt(0) as number
    const sign = isJoinerInside(code, index, characters.length) ? undefined : signOf(code)
    if (sign !== undefined) {
      flush()
      parts.push({ kind: 'mark', text: sign, breakAfter: true })
      return
    }
    const isSpace = character === ' '
    if (isSpace !== runIsSpace) flush()
    runIsSpace = isSpace
    run += character
  })
  flush()
  // A token that is only spaces would be invisible at the end of a line.
  return onlySpaces ? [{ kind: 'mark', text: '␣'.repeat(text.length), breakAfter: true }] : parts
}

/** A token on its own (lists, tables, popovers): every space is visible. */
export function visibleToken(text: string): string {
  const characters = Array.from(text)
  return characters
    .map((character, index) => {
      const code = character.codePointAt(0) as number
      if (character === ' ') return '␣'
      return isJoinerInside(code, index, characters.length) ? character : (signOf(code) ?? character)
    })
    .join('')
}
