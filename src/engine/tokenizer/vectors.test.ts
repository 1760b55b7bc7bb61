import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Tokenizer } from '../../shared/model/tokenizer'
import { openModel } from '../formats/open-model'
import { createTokenizer } from './create-tokenizer'

const FOLDER = resolve(import.meta.dirname, '../../../../shared/tokenizers')
const SEPARATOR = '\n__ggml_vocab_test__\n'

/** The ids of each text, without BOS and EOS, were made by the models' own tokenizers. */
function readVectors(name: string): { readonly text: string; readonly ids: number[] }[] {
  const texts = readFileSync(`${FOLDER}/ggml-vocab-${name}.gguf.inp`, 'utf8').split(SEPARATOR)
  const lines = readFileSync(`${FOLDER}/ggml-vocab-${name}.gguf.out`, 'utf8').split('\n')
  expect(lines.length).toBe(texts.length)
  return texts.map((text, i) => ({ text, ids: (lines[i]?.match(/\d+/g) ?? []).map(Number) }))
}

describe.skipIf(!existsSync(FOLDER))('tokenizer vectors (skipped where ../shared/tokenizers is absent)', () => {
  describe.each(['llama-spm', 'llama-bpe', 'gpt-2', 'qwen2'])('%s', (name) => {
    let tokenizer: Tokenizer
    beforeAll(async () => {
      const spec = (await openModel(`${FOLDER}/ggml-vocab-${name}.gguf`)).tokenizer
      if (spec === undefined) throw new Error(`no vocabulary in ${name}`)
      tokenizer = createTokenizer(spec)
    })

    it('gives the ids of all 47 texts', () => {
      const vectors = readVectors(name)
      expect(vectors.length).toBe(47)
      const wrong = vectors.flatMap(({ text, ids }) => {
        const found = tokenizer.encode(text, { addSpecial: false })
        return found.join(' ') === ids.join(' ') ? [] : [{ text, expected: ids.join(' '), found: found.join(' ') }]
      })
      expect(wrong).toEqual([])
    })

    it('gives every text back', () => {
      for (const { text } of readVectors(name)) {
        const ids = tokenizer.encode(text)
        expect(tokenizer.decode(ids)).toBe(text)
        const decoder = tokenizer.createStreamingDecoder()
        const streamed = ids.map((id) => decoder.push(id))
        expect(streamed.every((part) => !part.includes('\uFFFD'))).toBe(true)
        expect(streamed.join('') + decoder.flush()).toBe(name === 'llama-spm' && text !== '' ? ` ${text}` : text)
      }
    })
  })
})
