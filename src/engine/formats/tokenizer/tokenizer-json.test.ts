import { describe, expect, it } from 'vitest'
import { TOKEN_TYPE } from '../../../shared/model/description'
import type { JsonObject } from '../json'
import { detectPreTokenizer } from './pre-tokenizer-detection'
import { parseTokenizerJson } from './tokenizer-json'

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, use_regex: false }
const split = (regex: string): JsonObject => ({
  type: 'Sequence',
  pretokenizers: [{ type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false }, byteLevel]
})
// As they stand in published tokenizer.json files.
const LLAMA3 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
const QWEN2 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
const TEKKEN =
  '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+'

describe('detectPreTokenizer', () => {
  it.each<readonly [string, unknown, boolean]>([
    ['llama-bpe', split(LLAMA3), true],
    ['dbrx', split(LLAMA3), false],
    ['qwen2', split(QWEN2), false],
    ['tekken', split(TEKKEN), true],
    ['gpt-2', { type: 'ByteLevel', add_prefix_space: false }, false],
    [
      'smollm',
      {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Digits', individual_digits: true },
          { type: 'ByteLevel', use_regex: true }
        ]
      },
      false
    ]
  ])('knows %s', (name, preTokenizer, ignoreMerges) => {
    expect(detectPreTokenizer(preTokenizer, ignoreMerges)).toEqual({ name })
  })

  it.each<readonly [string, unknown]>([
    ['another regex', split('\\w+')],
    ['a prefix space', { type: 'ByteLevel', add_prefix_space: true }],
    ['nothing', null],
    ['a third step', { type: 'Sequence', pretokenizers: [{ type: 'Whitespace' }, { type: 'Digits', individual_digits: true }, byteLevel] }]
  ])('does not guess at %s', (_what, preTokenizer) => {
    expect(detectPreTokenizer(preTokenizer, false)).toHaveProperty('unknown')
  })
})

describe('parseTokenizerJson', () => {
  const spm: JsonObject = {
    added_tokens: [
      { id: 0, content: '<unk>', special: true },
      { id: 1, content: '<s>', special: true },
      { id: 8, content: '<extra>', special: false }
    ],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '\u2581' },
        { type: 'Replace', pattern: { String: ' ' }, content: '\u2581' }
      ]
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }]
    },
    model: {
      type: 'BPE',
      byte_fallback: true,
      unk_token: '<unk>',
      vocab: { '<unk>': 0, '<s>': 1, '<0x0A>': 2, t: 3, h: 4, e: 5, th: 6, the: 7 },
      merges: ['t h', 'th e']
    }
  }

  it('turns the ranks of merges into scores', () => {
    const parsed = parseTokenizerJson('x', spm)
    expect(parsed).toMatchObject({ kind: 'spm', addSpacePrefix: true, firstSpecial: '<s>', lastSpecial: undefined, unknownText: '<unk>' })
    const { pieces, types } = parsed.vocabulary.finish(10)
    expect(pieces).toEqual(['<unk>', '<s>', '<0x0A>', 't', 'h', 'e', 'th', 'the', '<extra>', '[PAD9]'])
    const { normal, unknown, control, byte, userDefined, unused } = TOKEN_TYPE
    expect([...types]).toEqual([unknown, control, byte, normal, normal, normal, normal, normal, userDefined, unused])
    expect(parsed.scores[6]).toBe(-0)
    expect(parsed.scores[7]).toBe(-1)
    expect(parsed.scores[3]).toBeLessThan(-1)
  })

  it.each<readonly [unknown, boolean]>([
    [{ type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'first' }, true],
    [{ type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'never' }, false],
    [{ type: 'Metaspace', replacement: '\u2581', add_prefix_space: false }, false],
    [{ type: 'Sequence', pretokenizers: [{ type: 'Metaspace', replacement: '\u2581', add_prefix_space: true }] }, true],
    [null, false]
  ])('reads the space prefix of %j', (preTokenizer, expected) => {
    expect(parseTokenizerJson('x', { ...spm, normalizer: null, pre_tokenizer: preTokenizer }).addSpacePrefix).toBe(expected)
  })

  it('reads byte-level vocabularies with merges in both spellings', () => {
    const model = { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: [['a', 'b']], ignore_merges: true }
    const json: JsonObject = {
      pre_tokenizer: split(LLAMA3),
      decoder: byteLevel,
      model,
      added_tokens: [{ id: 3, content: '<|begin_of_text|>', special: true }],
      post_processor: {
        type: 'Sequence',
        processors: [
          { type: 'ByteLevel' },
          { type: 'TemplateProcessing', single: [{ SpecialToken: { id: '<|begin_of_text|>', type_id: 0 } }, { Sequence: { id: 'A' } }] }
        ]
      }
    }
    expect(parseTokenizerJson('x', json)).toMatchObject({
      kind: 'bpe',
      merges: ['a b'],
      preTokenizer: 'llama-bpe',
      firstSpecial: '<|begin_of_text|>'
    })
    expect(parseTokenizerJson('x', { ...json, model: { ...model, merges: ['a b'] } }).merges).toEqual(['a b'])
  })

  const model = spm['model'] as JsonObject
  it.each<readonly [string, JsonObject, RegExp]>([
    ['another model', { ...spm, model: { type: 'WordPiece' } }, /"WordPiece"/u],
    ['no model', { ...spm, model: 5 }, /model is 5/u],
    ['an id twice', { ...spm, model: { ...model, vocab: { a: 0, b: 0 } } }, /both have id 0/u],
    ['a negative id', { ...spm, model: { ...model, vocab: { a: -1 } } }, /id -1, which is out of range/u],
    ['an absurd id', { ...spm, model: { ...model, vocab: { a: 1e12 } } }, /id 1000000000000, which is out of range/u],
    ['an id of text', { ...spm, model: { ...model, vocab: { a: '0' } } }, /id of "a" is "0"/u],
    ['a merge of one piece', { ...spm, model: { ...model, merges: ['ab'] } }, /merge 0 is "ab"/u],
    ['a merge of three', { ...spm, model: { ...model, merges: [['a', 'b', 'c']] } }, /merge 0 is an array of 3/u],
    ['an added token without text', { ...spm, added_tokens: [{ id: 5 }] }, /added token 5 with text missing/u],
    ['no way to write bytes', { ...spm, model: { ...model, byte_fallback: false } }, /neither byte-level nor/u],
    ['an unknown pre-tokenizer', { ...spm, pre_tokenizer: split('\\w+') }, /unknown pre-tokenizer \(Split:/u]
  ])('refuses %s', (_what, json, message) => {
    expect(() => parseTokenizerJson('x', json)).toThrow(message)
  })

  it('refuses more pieces than the embedding has rows', () => {
    expect(() => parseTokenizerJson('x', spm).vocabulary.finish(5)).toThrow(/has 9 pieces, but the token embedding has 5 rows/u)
  })
})
