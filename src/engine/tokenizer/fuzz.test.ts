import { describe, expect, it } from 'vitest'
import { GretaError } from '../../shared/errors'
import { TOKEN_TYPE, type TokenizerSpec } from '../../shared/model/description'
import { alphabetTextOfBytes } from './byte-alphabet'
import { createTokenizer } from './create-tokenizer'
import { preTokenizerNamed } from './pre-tokenizers'
import { splitText } from './split-text'
import { randomText, seededRandom } from './testing'
import { byteName, utf8Bytes } from './utf8'

/** Joins the leftmost of the best pairs until none joins; `rank` gives undefined for a pair that does not. */
function joinSlowly(parts: string[], rank: (left: string, right: string) => number | undefined): string[] {
  for (;;) {
    let best = -1
    let bestRank = Number.POSITIVE_INFINITY
    for (let at = 0; at + 1 < parts.length; at++) {
      const found = rank(parts[at] as string, parts[at + 1] as string) ?? Number.POSITIVE_INFINITY
      if (found < bestRank) [best, bestRank] = [at, found]
    }
    if (best < 0) return parts
    parts.splice(best, 2, `${parts[best]}${parts[best + 1]}`)
  }
}

const pick = <T>(random: () => number, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
const string = (random: () => number, alphabet: string, length: number): string =>
  Array.from({ length: 1 + Math.floor(random() * length) }, () => pick(random, Array.from(alphabet))).join('')

/** A vocabulary of short pieces over few characters, so that many of them overlap, with and without spaces inside. */
function randomSpm(random: () => number): TokenizerSpec {
  const alphabet = random() < 0.5 ? 'ab▁' : 'abcé▁'
  const bytes = Array.from({ length: 256 }, (_, value) => byteName(value))
  const words = Array.from({ length: 40 }, () => string(random, alphabet, 4))
  const spacesInside = random() < 0.5
  const usable = new Set(words.filter((word) => spacesInside || !/[^▁]▁/u.test(word)))
  const pieces = ['<unk>', '<s>', '</s>', ...bytes, ...usable]
  const types = Int32Array.from(pieces, (_, id) =>
    id === 0 ? TOKEN_TYPE.unknown : id < 3 ? TOKEN_TYPE.control : id < 259 ? TOKEN_TYPE.byte : TOKEN_TYPE.normal
  )
  const scores = Float32Array.from(pieces, () => -Math.floor(random() * 8))
  return {
    kind: 'spm',
    pieces,
    types,
    scores,
    bosId: 1,
    eosId: 2,
    unknownId: 0,
    endOfGenerationIds: [],
    addBos: true,
    addEos: false,
    addSpacePrefix: random() < 0.5
  }
}

/** All bytes and random merges of what is there. */
function randomBpe(random: () => number): TokenizerSpec {
  const pieces = Array.from({ length: 256 }, (_, value) => alphabetTextOfBytes(Uint8Array.of(value)))
  const common = ['a', 'b', 'c', 'Ġ', '1', '.']
  const merges: string[] = []
  for (let i = 0; i < 60; i++) {
    const [left, right] = [pick(random, common), pick(random, common)]
    merges.push(`${left} ${right}`)
    common.push(left + right)
    if (!pieces.includes(left + right) && random() < 0.9) pieces.push(left + right)
  }
  return {
    kind: 'bpe',
    pieces,
    types: new Int32Array(pieces.length).fill(TOKEN_TYPE.normal),
    merges,
    preTokenizer: pick(random, ['gpt-2', 'qwen2', 'superbpe', 'starcoder']),
    endOfGenerationIds: [],
    addBos: false,
    addEos: false,
    addSpacePrefix: false
  }
}

describe('random vocabularies', () => {
  it('of SentencePiece kind give what the slow way gives', () => {
    const random = seededRandom(7)
    for (let round = 0; round < 150; round++) {
      const spec = randomSpm(random)
      const tokenizer = createTokenizer(spec)
      const id = new Map(spec.pieces.map((piece, i): [string, number] => [piece, i]).toReversed())
      for (let text = string(random, 'ab cé', 60), again = 0; again < 8; again++, text = string(random, 'ab cé\n', 60)) {
        const marked = ` ${text}`.slice(spec.addSpacePrefix ? 0 : 1).replaceAll(' ', '▁')
        const score = (left: string, right: string): number | undefined => {
          const joined = id.get(left + right)
          return joined === undefined || joined < 259 ? undefined : -(spec.scores?.[joined] ?? 0)
        }
        const expected = joinSlowly(Array.from(marked), score).flatMap(
          (part) => id.get(part) ?? Array.from(utf8Bytes(part.replace('▁', ' ')), (byte) => byte + 3)
        )
        expect(tokenizer.encode(text, { addSpecial: false })).toEqual(expected)
        expect(tokenizer.decode(expected)).toBe(text)
      }
    }
  })

  it('of byte-level kind give what the slow way gives', () => {
    const random = seededRandom(8)
    for (let round = 0; round < 150; round++) {
      const spec = randomBpe(random)
      const tokenizer = createTokenizer(spec)
      const steps = preTokenizerNamed(spec.preTokenizer ?? '').steps
      const rank = (left: string, right: string): number | undefined => {
        const found = spec.merges?.indexOf(`${left} ${right}`) ?? -1
        return found < 0 ? undefined : found
      }
      for (let again = 0; again < 8; again++) {
        const text = string(random, 'aabbcc  11.é', 60)
        const parts = splitText(text, steps).flatMap((word) => joinSlowly(Array.from(alphabetTextOfBytes(utf8Bytes(word))), rank))
        const expected = parts.flatMap((part) =>
          spec.pieces.includes(part) ? spec.pieces.indexOf(part) : Array.from(part, (character) => spec.pieces.indexOf(character))
        )
        expect(tokenizer.encode(text)).toEqual(expected)
        expect(tokenizer.decode(expected)).toBe(text)
      }
    }
  })

  it('that make no sense are refused, or work', () => {
    const random = seededRandom(9)
    const alphabet = 'a▁Ġ<>|0x1F🚀'
    let refused = 0
    for (let round = 0; round < 400; round++) {
      const size = Math.floor(random() * 30)
      const number = (most: number): number => Math.floor(random() * (most + 2)) - 1
      const pieces = Array.from({ length: size }, () => (random() < 0.1 ? '' : string(random, alphabet, 6)))
      const ids = { bosId: number(size), eosId: number(size), unknownId: number(size) }
      const spec: TokenizerSpec = {
        kind: random() < 0.5 ? 'spm' : 'bpe',
        pieces,
        types: Int32Array.from({ length: random() < 0.1 ? size + 1 : size }, () => number(8)),
        scores: Float32Array.from({ length: size }, () => pick(random, [0, -1, Number.NaN, Number.NEGATIVE_INFINITY, 3e38])),
        merges: Array.from({ length: size }, () => `${pick(random, [...pieces, 'a'])} ${pick(random, [...pieces, ''])}`),
        preTokenizer: pick(random, ['gpt-2', 'llama-bpe', 'nobody']),
        ...(random() < 0.5 ? ids : {}),
        endOfGenerationIds: random() < 0.2 ? [number(size)] : [],
        addBos: random() < 0.5,
        addEos: random() < 0.5,
        addSpacePrefix: random() < 0.5
      }
      try {
        const tokenizer = createTokenizer(spec)
        for (const parseSpecial of [false, true]) {
          const found = tokenizer.encode(`${pieces.join('')}${randomText(random, 20)}\ud800`, { parseSpecial })
          tokenizer.decode(found, { special: parseSpecial })
          for (const one of found) tokenizer.tokenText(one)
        }
      } catch (thrown) {
        if (!(thrown instanceof GretaError)) throw thrown
        refused += 1
      }
    }
    expect(refused).toBeGreaterThan(50)
    expect(refused).toBeLessThan(400)
  })
})
