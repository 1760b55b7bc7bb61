import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { GretaError } from '../../shared/errors'
import { preTokenizerNamed, preTokenizerNames } from './pre-tokenizers'
import { splitText } from './split-text'
import { randomText, seededRandom } from './testing'

const FIXTURE = JSON.parse(readFileSync(`${import.meta.dirname}/fixtures/pre-tokenizers.json`, 'utf8')) as {
  readonly texts: readonly string[]
  readonly words: Readonly<Record<string, readonly (readonly string[])[]>>
}

const words = (name: string, text: string): readonly string[] => splitText(text, preTokenizerNamed(name).steps)

describe('pre-tokenizers', () => {
  it.each(Object.keys(FIXTURE.words))('%s cuts as the reference does', (name) => {
    for (const [i, text] of FIXTURE.texts.entries()) expect(words(name, text)).toEqual(FIXTURE.words[name]?.[i])
  })

  it.each(preTokenizerNames())('%s loses nothing and makes no empty word', (name) => {
    const random = seededRandom(4)
    for (let round = 0; round < 100; round++) {
      const text = randomText(random, 60)
      const parts = words(name, text)
      expect(parts.join('')).toBe(text)
      expect(parts.every((part) => part !== '')).toBe(true)
    }
  })

  it('cut where their families do', () => {
    expect(words('default', "I'm 12345 x==y")).toEqual(['I', "'", 'm', ' ', '123', '45', ' x', '==', 'y'])
    expect(words('falcon', 'a 12345 `b`')).toEqual(['a', ' ', '123', '45', ' ', '`', 'b', '`'])
    expect(words('viking', 'Hyvää 12, päivää.')).toEqual(['Hyvää', ' ', '1', '2', ',', ' päivää', '.'])
    expect(words('deepseek-llm', ' Hello 123  ')).toEqual([' Hello', ' ', '123', '  '])
    expect(words('chatglm-bpe', 'it1234')).toEqual(words('llama-bpe', 'it1234'))
    expect(words('laguna', 'a\n\nb')).toEqual(['a', '\n\n', 'b'])
    expect(words('afmoe', '1234 我')).toEqual(['1', '234', ' ', '我'])
    expect(words('chameleon', 'IMGIMGABZ 12')).toEqual(['IMGIMGABZ', ' ', '1', '2'])
    expect(words('minicpm5', '1234')).toEqual(['123', '4'])
    expect(words('jais-2', '     x')).toEqual(['    ', ' x'])
    expect(words('ufakzeka', "Ali'nin")).toEqual(['Ali', "'nin"])
    expect(words('youtu', 'A1，b')).toEqual(['A', '1', '，', 'b'])
  })

  it('know white space as Unicode does', () => {
    expect(words('gpt-2', 'a\u0085b')).toEqual(['a', '\u0085', 'b'])
    expect(words('gpt-2', 'a \ufeffb')).toEqual(['a', ' \ufeff', 'b'])
  })

  it('stay linear on long runs', () => {
    for (const name of ['llama-bpe', 'deepseek-llm', 'superbpe', 'tiny_aya', 'afmoe', 'gpt-4o', 'exaone-moe', 'default']) {
      for (const run of ['a', 'A', ' ', '1', '.', '中']) expect(words(name, `${run.repeat(100_000)}x`).join('').length).toBe(100_001)
    }
  })

  it('refuse an unknown name, naming it and those they know', () => {
    let thrown: unknown
    try {
      preTokenizerNamed('qwen99')
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(GretaError)
    const error = thrown as GretaError
    expect(error.code).toBe('unsupported')
    expect(error.message).toContain('"qwen99"')
    expect(error.hint).toContain('qwen2')
    expect(() => preTokenizerNamed('constructor')).toThrow('"constructor"')
  })
})
