import { describe, expect, it } from 'vitest'
import { TokenLayout } from './layout'
import { lanePartsOf, visibleToken } from './visible'

/** Ten pixels a code point: widths that can be checked by counting. */
const measure = (text: string): number => Array.from(text).length * 10

const linesOf = (tokens: readonly string[], width: number): readonly string[] => {
  const layout = new TokenLayout(measure, width)
  for (const token of tokens) layout.append(token)
  return Array.from({ length: layout.lineCount }, (_, line) =>
    layout
      .line(line)
      .flatMap((span) => span.parts.map((part) => part.text))
      .join('')
  )
}

describe('TokenLayout', () => {
  it('has no line without tokens', () => {
    expect(linesOf([], 100)).toEqual([])
  })

  it('breaks at spaces and lets them hang over the edge', () => {
    expect(linesOf(['Once', ' upon', ' a', ' time'], 100)).toEqual(['Once upon ', 'a time'])
  })

  it('carries a word of several tokens to the next line whole', () => {
    expect(linesOf(['an', ' un', 'believ', 'able', ' story'], 140)).toEqual(['an ', 'unbelievable ', 'story'])
  })

  it('cuts a word that is wider than the lane', () => {
    expect(linesOf(['abcdefghijkl'], 50)).toEqual(['abcde', 'fghij', 'kl'])
  })

  it('ends a line after the sign of a newline, also inside a token', () => {
    expect(linesOf(['one', '.\n\nTwo', '\n'], 500)).toEqual(['one.↵', '↵', 'Two↵'])
  })

  it('breaks between ideographs', () => {
    expect(linesOf(['日本', '語を', '学ぶ'], 40)).toEqual(['日本語を', '学ぶ'])
  })

  it('gives the same lines however often it is asked while growing', () => {
    const words = Array.from({ length: 400 }, (_, index) => (index % 7 === 3 ? 'ing' : ` w${'o'.repeat(index % 5)}rd`))
    const growing = new TokenLayout(measure, 300)
    for (const word of words) {
      growing.append(word)
      growing.line(growing.lineCount - 1)
    }
    expect(
      Array.from({ length: growing.lineCount }, (_, line) =>
        growing
          .line(line)
          .flatMap((s) => s.parts.map((p) => p.text))
          .join('')
      )
    ).toEqual(linesOf(words, 300))
  })

  it('finds the line of every token', () => {
    const layout = new TokenLayout(measure, 100)
    for (const token of ['Once', ' upon', ' a', ' time']) layout.append(token)
    expect([0, 1, 2, 3].map((token) => layout.lineOf(token))).toEqual([0, 0, 1, 1])
    expect(layout.line(1)[0]?.token).toBe(2)
  })

  it('names one span of a token its head: where its first visible part stands', () => {
    const layout = new TokenLayout(measure, 100)
    for (const token of ['Once', ' upon', ' a', 'bcdefghijklm']) layout.append(token)
    const heads = Array.from({ length: layout.lineCount }, (_, line) =>
      layout
        .line(line)
        .filter((span) => layout.isHead(line, span))
        .map((span) => span.token)
    )
    expect(heads.flat()).toEqual([0, 1, 2, 3])
  })

  it('keeps every line within the width, hanging spaces apart', () => {
    const words = Array.from(
      { length: 2000 },
      (_, index) => `${index % 3 === 0 ? '' : ' '}${'abcdefghij'.slice(0, 1 + ((index * 7) % 10))}`
    )
    for (const line of linesOf(words, 170)) expect(measure(line.trimEnd())).toBeLessThanOrEqual(170)
  })
})

describe('visible token text', () => {
  it('shows what has no glyph', () => {
    expect(visibleToken(' a\t\n')).toBe('␣a⇥↵')
    expect(visibleToken('\u202eabc')).toBe('⟨U+202E⟩abc')
    expect(visibleToken('\u0000')).toBe('␀')
  })

  it('keeps emoji joined', () => {
    expect(visibleToken('👩‍💻')).toBe('👩‍💻')
    expect(visibleToken('\u200d')).toBe('⟨U+200D⟩')
  })

  it('marks a token of spaces only, and leaves one space before a word alone', () => {
    expect(lanePartsOf('  ')).toEqual([{ kind: 'mark', text: '␣␣', breakAfter: true }])
    expect(lanePartsOf(' the').map((part) => part.kind)).toEqual(['space', 'text'])
  })

  it('treats markup as text', () => {
    expect(lanePartsOf('<img src=x>').map((part) => part.text)).toEqual(['<img', ' ', 'src=x>'])
  })
})
