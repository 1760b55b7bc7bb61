import { describe, expect, it } from 'vitest'
import { Vocabulary } from './vocabulary'

const vocabularyOf = (texts: readonly string[]): Vocabulary => {
  const encoded = texts.map((text) => new TextEncoder().encode(text))
  let end = 0
  const ends = Uint32Array.from(encoded, (bytes) => (end += bytes.length))
  const bytes = Uint8Array.from(encoded.flatMap((part) => [...part]))
  return new Vocabulary({
    count: texts.length,
    arrays: { text: bytes, textEnds: ends, types: new Uint8Array(texts.length), bytes, byteEnds: ends }
  })
}

describe('Vocabulary', () => {
  it('cuts one string back into the tokens it was made of', () => {
    const texts = ['<s>', '', ' the', 'é', '日本', '👩‍💻', '\ufeffa', '\u0000', '𝒳y', '<0xE2>']
    const vocabulary = vocabularyOf(texts)
    expect(texts.map((_, id) => vocabulary.text(id))).toEqual(texts)
    expect(vocabulary.text(-1)).toBeUndefined()
    expect(vocabulary.text(texts.length)).toBeUndefined()
    expect(vocabulary.searchable()[8]).toBe('𝒳y')
  })
})
