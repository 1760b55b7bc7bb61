import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Tokenizer } from '../../shared/model/tokenizer'
import { openModel } from '../formats/open-model'
import { createTokenizer } from './create-tokenizer'
import { randomText, seededRandom } from './testing'

const MODEL = resolve(import.meta.dirname, '../../../resources/models/greta-stories-22m.Q4_K_M.gguf')
const VECTORS = JSON.parse(readFileSync(`${import.meta.dirname}/fixtures/greta-stories-vectors.json`, 'utf8')) as readonly {
  readonly text: string
  readonly ids: readonly number[]
}[]

describe('the bundled model', () => {
  let tokenizer: Tokenizer
  beforeAll(async () => {
    const spec = (await openModel(MODEL)).tokenizer
    if (spec === undefined) throw new Error('the bundled model has no vocabulary')
    tokenizer = createTokenizer(spec)
  })

  it('encodes as SentencePiece does', () => {
    expect(VECTORS.length).toBe(56)
    for (const { text, ids } of VECTORS) expect(tokenizer.encode(text, { addSpecial: false })).toEqual(ids)
  })

  it('gives the golden prompts their ids', () => {
    expect(tokenizer.encode('Once upon a time')).toEqual([1, 570, 516, 261, 446])
    expect(tokenizer.encode('Lily and her dog')).toEqual([1, 544, 272, 327, 818])
    expect(tokenizer.encode('')).toEqual([1])
  })

  it('gives back any text', () => {
    const random = seededRandom(6)
    for (let round = 0; round < 300; round++) {
      const text = randomText(random, 60)
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
    }
  })

  it('writes any text without a control token', () => {
    for (const text of ['<s>', '</s>', '<unk>', '<s></s><s>', '<0x0A>']) {
      expect(tokenizer.encode(text, { addSpecial: false }).some((id) => tokenizer.isControl(id))).toBe(false)
    }
  })

  it('takes a long text of one letter', () => {
    const text = 'a'.repeat(200_000)
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
  })
})
