import { describe, expect, it } from 'vitest'
import { TOKEN_TYPE, type TokenizerSpec } from '../../shared/model/description'
import { createTokenizer } from './create-tokenizer'
import { randomText, seededRandom } from './testing'
import { byteName } from './utf8'

type Piece = readonly [text: string, type: number, score?: number]

const { normal, control, userDefined, unknown, byte, unused } = TOKEN_TYPE
const BYTES: readonly Piece[] = Array.from({ length: 256 }, (_, value) => [byteName(value), byte] as const)
const SPECIAL: readonly Piece[] = [
  ['<unk>', unknown],
  ['<s>', control],
  ['</s>', control]
]

function spmSpec(pieces: readonly Piece[], changes: Partial<TokenizerSpec> = {}): TokenizerSpec {
  return {
    kind: 'spm',
    pieces: pieces.map(([text]) => text),
    types: Int32Array.from(pieces, ([, type]) => type),
    scores: Float32Array.from(pieces, ([, , score]) => score ?? 0),
    bosId: 1,
    eosId: 2,
    unknownId: 0,
    endOfGenerationIds: [],
    addBos: true,
    addEos: false,
    addSpacePrefix: true,
    ...changes
  }
}

const LETTERS: readonly Piece[] = Array.from('▁abcd<>s/', (letter) => [letter, normal, -100] as const)
const PIECES: readonly Piece[] = [
  ...SPECIAL,
  ...BYTES,
  ...LETTERS,
  ['ab', normal, -1],
  ['bc', normal, -1],
  ['▁a', normal, -2],
  ['abc', normal, -3],
  ['s>', normal, -1],
  ['[USER]', userDefined],
  ['▁▁', normal, -4],
  ['cc', unused, 0]
]
const id = (text: string, pieces = PIECES): number => pieces.findIndex(([piece]) => piece === text)
const ids = (...texts: string[]): number[] => texts.map((text) => id(text))

describe('SentencePiece BPE', () => {
  const tokenizer = createTokenizer(spmSpec(PIECES))
  const encode = (text: string): number[] => tokenizer.encode(text, { addSpecial: false })

  it('joins the best score first, the leftmost of equals', () => {
    expect(encode('abc')).toEqual(ids('▁', 'abc'))
    expect(encode('babcbc')).toEqual(ids('▁', 'b', 'abc', 'bc'))
    expect(encode('aa')).toEqual(ids('▁a', 'a'))
  })

  it('puts a space before the text and takes it away again', () => {
    expect(encode(' a')).toEqual(ids('▁', '▁a'))
    expect(encode('')).toEqual([])
    for (const text of ['', ' ', '  a b ', 'abc']) expect(tokenizer.decode(encode(text))).toBe(text)
  })

  it('gives back a text with special tokens in it', () => {
    for (const text of ['a[USER]b', '[USER] a', '[USER][USER]a [USER]']) expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
    for (const text of ['<s>a</s>', '<s> a</s><s>b', '</s> '])
      expect(tokenizer.decode(tokenizer.encode(text, { addSpecial: false, parseSpecial: true }), { special: true })).toBe(text)
  })

  it('adds BOS and EOS as the file asks', () => {
    expect(tokenizer.encode('a')).toEqual(ids('<s>', '▁a'))
    expect(tokenizer.encode('')).toEqual(ids('<s>'))
    expect(createTokenizer(spmSpec(PIECES, { addEos: true, addBos: false })).encode('a')).toEqual(ids('▁a', '</s>'))
  })

  it('writes what is no piece byte by byte, or as unknown', () => {
    expect(encode('é')).toEqual(ids('▁', '<0xC3>', '<0xA9>'))
    expect(encode('\n🚀')).toEqual(ids('▁', '<0x0A>', '<0xF0>', '<0x9F>', '<0x9A>', '<0x80>'))
    const withoutBytes = [...SPECIAL, ...LETTERS]
    const bare = createTokenizer(spmSpec(withoutBytes))
    expect(bare.encode('aé', { addSpecial: false })).toEqual([id('▁', withoutBytes), id('a', withoutBytes), 0])
    const { unknownId: _, ...noUnknown } = spmSpec(withoutBytes)
    expect(() => createTokenizer(noUnknown).encode('é')).toThrow('no token for the byte <0xC3>')
  })

  it('reads special tokens as text unless asked', () => {
    expect(encode('<s>')).toEqual(ids('▁', '<', 's>'))
    expect(encode('</s>')).toEqual(ids('▁', '<', '/', 's>'))
    expect(encode('<0x0A>')).not.toContain(id('<0x0A>'))
    expect(tokenizer.encode('<s>a</s>', { addSpecial: false, parseSpecial: true })).toEqual(ids('<s>', '▁a', '</s>'))
    expect(encode('a[USER]a')).toEqual(ids('▁a', '[USER]', '▁a'))
  })

  it('never writes unused pieces', () => {
    expect(encode('cc')).toEqual(ids('▁', 'c', 'c'))
  })

  it('takes a vocabulary whose pieces hold spaces inside', () => {
    const spaced: readonly Piece[] = [...PIECES, ['c▁', normal, -0.1], ['c▁a', normal, -0.5]]
    const found = createTokenizer(spmSpec(spaced)).encode('abc abc', { addSpecial: false })
    expect(found.map((one) => spaced[one]?.[0])).toEqual(['▁', 'ab', 'c▁a', 'bc'])
  })

  it('knows byte tokens although their type is missing', () => {
    const untyped = PIECES.map(([text, type, score]): Piece => [text, type === byte ? normal : type, score ?? 0])
    expect(createTokenizer(spmSpec(untyped)).encode('é', { addSpecial: false })).toEqual(ids('▁', '<0xC3>', '<0xA9>'))
  })

  it('shows tokens to people', () => {
    expect(tokenizer.tokenText(id('<s>'))).toBe('<s>')
    expect(tokenizer.tokenText(id('▁a'))).toBe(' a')
    expect(tokenizer.tokenText(id('<0xC3>'))).toBe('<0xC3>')
    expect(tokenizer.tokenText(id('<0x41>'))).toBe('A')
    expect(tokenizer.tokenBytes(id('<s>')).length).toBe(0)
    expect(new TextDecoder().decode(tokenizer.tokenBytes(id('<s>'), true))).toBe('<s>')
    expect(tokenizer.decode(ids('<s>', '▁a', '</s>'))).toBe('a')
    expect(tokenizer.decode(ids('<s>', '▁a', '</s>'), { special: true })).toBe('<s>a</s>')
  })

  it('gives out bytes that nobody can spoil', () => {
    tokenizer.tokenBytes(id('a')).fill(0)
    expect(tokenizer.decode(ids('b', 'a'))).toBe('ba')
  })

  it('refuses ids that are not there', () => {
    for (const bad of [-1, PIECES.length, 0.5, Number.NaN]) {
      expect(() => tokenizer.decode([bad])).toThrow(`ids are 0 to ${PIECES.length - 1}`)
      expect(() => tokenizer.tokenText(bad)).toThrow('is not in this vocabulary')
      expect(() => tokenizer.isControl(bad)).toThrow('is not in this vocabulary')
    }
  })
})

/** Byte-level: all 256 bytes and a few merges. */
function bpeSpec(changes: Partial<TokenizerSpec> = {}): TokenizerSpec {
  const alphabet = Array.from({ length: 256 }, (_, value) => {
    const printable = (value > 32 && value < 127) || (value > 160 && value !== 173)
    return printable ? String.fromCharCode(value) : ''
  })
  let next = 0x100
  const pieces = alphabet.map((character) => (character === '' ? String.fromCharCode(next++) : character))
  pieces.push('he', 'll', 'hell', 'Ġhell', 'hello', '<|end|>', '  ', '｜odd｜')
  const types = new Int32Array(pieces.length).fill(normal)
  types[pieces.indexOf('<|end|>')] = control
  types[pieces.indexOf('  ')] = userDefined
  return {
    kind: 'bpe',
    pieces,
    types,
    merges: ['l l', 'h e', 'he ll', 'Ġ hell'],
    preTokenizer: 'gpt-2',
    endOfGenerationIds: [pieces.indexOf('<|end|>')],
    addBos: false,
    addEos: false,
    addSpacePrefix: false,
    ...changes
  }
}

describe('byte-level BPE', () => {
  const spec = bpeSpec()
  const tokenizer = createTokenizer(spec)
  const pieces = (text: string, made = tokenizer): string[] =>
    made.encode(text, { addSpecial: false }).map((one) => spec.pieces[one] as string)

  it('joins in the order of the merges', () => {
    expect(pieces('hello hello')).toEqual(['hell', 'o', 'Ġhell', 'o'])
  })

  it('takes whole words first where the family does', () => {
    expect(pieces('hello', createTokenizer(bpeSpec({ preTokenizer: 'llama-bpe' })))).toEqual(['hello'])
  })

  it('always finds user-defined tokens, control tokens on request', () => {
    expect(pieces('a  b')).toEqual(['a', '  ', 'b'])
    expect(pieces('<|end|>').length).toBe(7)
    expect(tokenizer.encode('a<|end|>', { parseSpecial: true })).toEqual(['a', '<|end|>'].map((piece) => spec.pieces.indexOf(piece)))
    expect(tokenizer.endsGeneration(spec.pieces.indexOf('<|end|>'))).toBe(true)
    expect(tokenizer.endsGeneration(0)).toBe(false)
  })

  it('gives back any text, lone surrogates replaced', () => {
    const random = seededRandom(5)
    for (let round = 0; round < 300; round++) {
      const text = randomText(random, 80)
      const encoded = tokenizer.encode(text)
      expect(tokenizer.decode(encoded)).toBe(text)
      const decoder = tokenizer.createStreamingDecoder()
      expect(encoded.map((one) => decoder.push(one)).join('') + decoder.flush()).toBe(text)
    }
    expect(tokenizer.decode(tokenizer.encode('a\ud83dz'))).toBe('a\ufffdz')
  })

  it('reads pieces outside its alphabet as plain text', () => {
    expect(tokenizer.tokenText(spec.pieces.indexOf('｜odd｜'))).toBe('｜odd｜')
    expect(tokenizer.tokenText(spec.pieces.indexOf('Ġhell'))).toBe(' hell')
    expect(tokenizer.tokenText(0xe2)).toBe('<0xE2>')
  })

  it('says which byte a vocabulary lacks', () => {
    const gap = bpeSpec()
    const types = gap.types.slice()
    types['x'.charCodeAt(0)] = unused
    expect(() => createTokenizer({ ...gap, types }).encode('x')).toThrow('no token for the byte <0x78>')
    expect(createTokenizer({ ...gap, types, unknownId: 0 }).encode('x')).toEqual([0])
  })
})

describe('createTokenizer', () => {
  it('refuses specs that contradict themselves', () => {
    const { scores: _, ...withoutScores } = spmSpec(PIECES)
    expect(() => createTokenizer(withoutScores)).toThrow('one score a piece')
    const { merges: __, ...withoutMerges } = bpeSpec()
    expect(() => createTokenizer(withoutMerges)).toThrow('list of merges')
    expect(() => createTokenizer(spmSpec(PIECES, { bosId: 99_999 }))).toThrow('The BOS id of this vocabulary is 99999')
    expect(() => createTokenizer(spmSpec(PIECES, { types: new Int32Array(3) }))).toThrow('one type a piece')
    expect(() => createTokenizer(spmSpec([]))).toThrow('this one has 0')
    expect(() => createTokenizer(bpeSpec({ preTokenizer: 'nobody' }))).toThrow('"nobody"')
  })
})
