import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openModel } from '../open-model'
import { encodeSentencePieceModel } from '../writing/sentencepiece-encoder'
import { syntheticVocabulary } from '../writing/synthetic-vocabulary'
import { parseSentencePieceModel } from './sentencepiece-model'

const vocabulary = syntheticVocabulary(300)
const bytes = encodeSentencePieceModel(vocabulary)

describe('parseSentencePieceModel', () => {
  it('reads pieces, scores, types and settings', () => {
    expect(parseSentencePieceModel('x', bytes)).toEqual({
      ...vocabulary,
      bosId: 1,
      eosId: 2,
      unknownId: 0,
      padId: -1,
      addDummyPrefix: true
    })
    const other = parseSentencePieceModel('x', encodeSentencePieceModel(vocabulary, { addDummyPrefix: false, bosId: 7, padId: 3 }))
    expect(other).toMatchObject({ addDummyPrefix: false, bosId: 7, padId: 3 })
  })

  it('refuses a unigram model', () => {
    expect(() => parseSentencePieceModel('x', encodeSentencePieceModel(vocabulary, { modelType: 1 }))).toThrow(/of type unigram/u)
  })

  it('never reads beyond a file that is cut anywhere', () => {
    for (let length = 0; length < bytes.length; length += 7) {
      const cut = bytes.subarray(0, length)
      let outcome = 'read'
      try {
        parseSentencePieceModel('x', cut)
      } catch (thrown) {
        outcome = (thrown as Error).name
      }
      // Cut between pieces it is a smaller model (of the default type, unigram), which is refused as such.
      expect(outcome).toBe('GretaError')
    }
  })

  it.each([
    ['a length beyond the message', [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['a number of eleven bytes', [0x08, ...Array.from({ length: 11 }, () => 0xff)]],
    ['field number 0', [0x00, 0x01]],
    ['a group', [0x0b]],
    ['text that is not UTF-8', [0x0a, 0x03, 0x0a, 0x01, 0xff]]
  ])('refuses %s', (_what, message) => {
    expect(() => parseSentencePieceModel('x', Uint8Array.from(message))).toThrow(/x(:| holds)/u)
  })

  const folder = '../shared/tokenizers'
  it.skipIf(!existsSync(folder))(`reads Llama 2's tokenizer.model as its GGUF vocabulary says (skipped without ${folder})`, async () => {
    const model = parseSentencePieceModel('llama2', readFileSync(`${folder}/llama2.tokenizer.model`))
    const { tokenizer } = await openModel(`${folder}/ggml-vocab-llama-spm.gguf`)
    expect(model.pieces).toEqual(tokenizer?.pieces)
    expect(model.types).toEqual(tokenizer?.types)
    expect(model.scores).toEqual(tokenizer?.scores)
  })
})
