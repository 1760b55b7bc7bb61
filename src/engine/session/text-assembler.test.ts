import { describe, expect, it } from 'vitest'
import type { Tokenizer } from '../../shared/model/tokenizer'
import { createStreamingDecoder } from '../tokenizer/streaming-decoder'
import { TextAssembler } from './text-assembler'

/** Token i stands for the bytes pieces[i]. */
function tokenizerOf(pieces: readonly (string | readonly number[])[]): Tokenizer {
  const bytes = pieces.map((piece) => (typeof piece === 'string' ? new TextEncoder().encode(piece) : Uint8Array.from(piece)))
  const bytesOf = (id: number): Uint8Array => bytes[id] as Uint8Array
  return {
    vocabularySize: pieces.length,
    bosId: undefined,
    eosId: undefined,
    encode: () => [],
    tokenBytes: bytesOf,
    tokenText: String,
    isControl: () => false,
    endsGeneration: () => false,
    decode: (ids) => new TextDecoder().decode(Buffer.concat(Array.from(ids, bytesOf))),
    createStreamingDecoder: () => createStreamingDecoder(bytesOf)
  }
}

function assemble(pieces: readonly (string | readonly number[])[], stops: readonly string[]) {
  const assembler = new TextAssembler(tokenizerOf(pieces), [0], stops)
  const given: string[] = []
  for (let id = 0; id < pieces.length && assembler.stopMatch === undefined; id += 1) given.push(assembler.push(id))
  given.push(assembler.flush())
  return { given, text: assembler.text, match: assembler.stopMatch }
}

describe('text out of tokens', () => {
  it('gives every piece at once when nothing could stop it', () => {
    expect(assemble(['a', 'bc', 'd'], [])).toMatchObject({ given: ['a', 'bc', 'd', ''], text: 'abcd' })
  })

  it('holds back what could become a stop string, and lets it go when it does not', () => {
    expect(assemble(['x<', '|en', 'd!', 'y'], ['<|end|>'])).toMatchObject({ given: ['x', '', '<|end!', 'y', ''], match: undefined })
  })

  it('cuts before the stop string and counts the tokens wholly before it', () => {
    const { text, match } = assemble(['one ', 'two<', 'STOP', ' three'], ['<STOP'])
    expect(text).toBe('one two')
    expect(match).toEqual({ stopString: '<STOP', tokenCount: 1 })
  })

  it('takes the earliest of several stop strings', () => {
    expect(assemble(['abcdef'], ['ef', 'cd'])).toMatchObject({ text: 'ab', match: { stopString: 'cd', tokenCount: 0 } })
    expect(assemble(['ab', 'ab', 'ac'], ['abac', 'c'])).toMatchObject({ text: 'ab', match: { stopString: 'abac', tokenCount: 1 } })
  })

  it('gives out what it held when the generation ends', () => {
    expect(assemble(['so', ' EN'], ['END'])).toMatchObject({ given: ['so', ' ', 'EN'], text: 'so EN' })
  })

  it('never splits a character, and tokens inside one end with it', () => {
    const [a, b, c] = new TextEncoder().encode('€')
    const result = assemble(['x', [a as number], [b as number], [c as number], '.'], ['€'])
    expect(result).toMatchObject({ given: ['x', '', '', '', ''], text: 'x', match: { tokenCount: 1 } })
    expect(assemble([[a as number], [b as number]], []).text).toBe('\uFFFD')
  })

  it('behaves like a search in the whole text, for every way of cutting it', () => {
    const text = 'the cat sat on the mat, the cat'
    for (const stop of ['cat', 'the mat', 't', ', the', 'zzz', 'tt']) {
      for (let size = 1; size < 8; size += 1) {
        const pieces = text.match(new RegExp(`.{1,${size}}`, 'g')) as string[]
        const at = text.indexOf(stop)
        const expected = at === -1 ? text : text.slice(0, at)
        const result = assemble(pieces, [stop])
        expect(result.text, `${stop} in pieces of ${size}`).toBe(expected)
        expect(result.given.join('')).toBe(expected)
        if (at !== -1) expect(result.match?.tokenCount).toBe(Math.floor(at / size))
      }
    }
  })
})
