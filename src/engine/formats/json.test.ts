import { describe, expect, it } from 'vitest'
import { flattenJson, parseJsonObject } from './json'

const parse = (text: string): unknown => parseJsonObject('x.json', Buffer.from(text))

describe('parseJsonObject', () => {
  it('gives an object', () => {
    expect(parse('{"a": {"b": [1, "x", null]}, "\\"": "{\\"}"}')).toEqual({ a: { b: [1, 'x', null] }, '"': '{"}' })
    expect(parse('{"a": {"b": 1}, "c": {"b": 1}}')).toEqual({ a: { b: 1 }, c: { b: 1 } })
  })

  // Line breaks in the quoted text made messages of several lines: found by fuzzing.
  it.each(['{\n "a": 1,\n\n}', '{"a": \nF16}', '[8,\n]'])('says in one line what is wrong with %j', (text) => {
    expect(() => parse(text)).toThrow(/^x\.json is not [^\n]+$/u)
  })

  it.each([
    ['the same key twice', '{"a": {"b": 1, "b" : 2}}', /the key "b" twice in one object/u],
    ['deep nesting', `{"a":${'['.repeat(100_000)}`, /nests deeper than 32 levels/u],
    ['a list', '[]', /not a JSON object/u],
    ['text that ends', '{"a": "', /not valid JSON/u],
    ['nothing', '', /not valid JSON/u],
    ['closing brackets only', ']]]}}}', /not valid JSON/u]
  ])('refuses %s', (_what, text, message) => {
    expect(() => parse(text)).toThrow(message)
  })
})

describe('flattenJson', () => {
  it('joins keys with dots and leaves null out', () => {
    const flat = flattenJson({ a: { b: { c: 1 } }, d: null, e: [1, 'x', { f: 2 }], g: true })
    expect(Object.fromEntries(flat)).toEqual({ 'a.b.c': 1, e: [1, 'x', '{"f":2}'], g: true })
  })
})
