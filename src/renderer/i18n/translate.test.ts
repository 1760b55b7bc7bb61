import { describe, expect, it } from 'vitest'
import { dictionary } from './dictionary'
import { translator } from './translate'

const formsOf = (text: string | { readonly one: string; readonly other: string }): readonly string[] =>
  typeof text === 'string' ? [text] : [text.one, text.other]
const parametersOf = (text: string | { readonly one: string; readonly other: string }): readonly string[] =>
  [...new Set(formsOf(text).flatMap((form) => Array.from(form.matchAll(/\{(\w+)\}/g), (match) => match[1] as string)))].sort()

describe('dictionary', () => {
  for (const [feature, messages] of Object.entries(dictionary))
    it(`says everything of ${feature} in both languages, with the same parameters`, () => {
      for (const [name, message] of Object.entries(messages)) {
        for (const text of [message.en, message.es])
          expect(
            formsOf(text).every((form) => form.trim() !== ''),
            name
          ).toBe(true)
        expect(parametersOf(message.es), name).toEqual(parametersOf(message.en))
      }
    })
})

describe('translator', () => {
  it('chooses the plural and groups whole numbers as the language does', () => {
    expect(translator('en')('play.tokenCount', { count: 1 })).toBe('1 token')
    expect(translator('en')('play.tokenCount', { count: 12345 })).toBe('12,345 tokens')
    expect(translator('es')('play.tokenCount', { count: 12345 })).toBe('12.345 tokens')
  })
})
