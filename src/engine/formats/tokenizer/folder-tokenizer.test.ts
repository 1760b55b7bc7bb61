import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { TOKEN_TYPE, type TokenizerSpec } from '../../../shared/model/description'
import { createTokenizer } from '../../tokenizer'
import { openModel } from '../open-model'
import { createScratch } from '../testing/scratch'
import { folderTokenizer } from './folder-tokenizer'

const scratch = createScratch()
const shared = '../shared/tokenizers'
const LLAMA3 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
const QWEN2 = LLAMA3.replace('\\p{N}{1,3}', '\\p{N}')

/** Merges as the Hugging Face converter derives them from a SentencePiece vocabulary: every split of every piece, by score. */
function mergesOf(spec: TokenizerSpec): readonly string[] {
  const ids = new Map(spec.pieces.map((piece, id) => [piece, id]))
  const scores = spec.scores ?? new Float32Array()
  const merges = spec.pieces.flatMap((piece, id) => {
    if (spec.types[id] !== TOKEN_TYPE.normal) return []
    const letters = Array.from(piece)
    const splits = letters.slice(1).map((_, index) => [letters.slice(0, index + 1).join(''), letters.slice(index + 1).join('')] as const)
    return splits
      .filter(([left, right]) => ids.has(left) && ids.has(right))
      .map(([left, right]) => ({
        text: `${left} ${right}`,
        score: scores[id] as number,
        order: (ids.get(left) as number) * 2 ** 20 + (ids.get(right) as number)
      }))
  })
  return merges.sort((a, b) => b.score - a.score || a.order - b.order).map((merge) => merge.text)
}

/** A tokenizer.json that says what a GGUF vocabulary says. */
function tokenizerJson(spec: TokenizerSpec, preTokenizer: unknown): unknown {
  const special = (id: number): boolean => spec.types[id] === TOKEN_TYPE.control || spec.types[id] === TOKEN_TYPE.unknown
  const added = spec.pieces.flatMap((content, id) =>
    special(id) || spec.types[id] === TOKEN_TYPE.userDefined ? [{ id, content, special: special(id) }] : []
  )
  const inModel = spec.pieces
    .map((piece, id) => [piece, id] as const)
    .filter(([, id]) => spec.kind === 'spm' || !added.some((token) => token.id === id))
  const isSpm = spec.kind === 'spm'
  return {
    added_tokens: added,
    normalizer: isSpm ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '\u2581' }] } : null,
    pre_tokenizer: preTokenizer,
    model: {
      type: 'BPE',
      byte_fallback: isSpm,
      unk_token: isSpm ? '<unk>' : null,
      ignore_merges: spec.preTokenizer === 'llama-bpe',
      vocab: Object.fromEntries(inModel),
      merges: isSpm ? mergesOf(spec) : spec.merges
    }
  }
}

const split = (regex: string): unknown => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false },
    { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false }
  ]
})

describe.skipIf(!existsSync(shared))(`a tokenizer.json made from a vocabulary of ${shared} (skipped where it is absent)`, () => {
  it.each<readonly [string, unknown]>([
    ['llama-spm', null],
    ['llama-bpe', split(LLAMA3)],
    ['qwen2', split(QWEN2)],
    ['gpt-2', { type: 'ByteLevel', add_prefix_space: false }]
  ])('of %s gives the expected ids of every test text', async (name, preTokenizer) => {
    const { tokenizer: spec } = await openModel(`${shared}/ggml-vocab-${name}.gguf`)
    if (spec === undefined) throw new Error('no vocabulary')
    const folder = scratch.path(name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizerJson(spec, preTokenizer)))
    const source = { folder, fileNames: ['tokenizer.json'], config: undefined, generationConfig: undefined, tokenizerConfig: undefined }
    const read = folderTokenizer(source, spec.pieces.length)
    if (read === undefined) throw new Error('no tokenizer')
    expect(read.kind).toBe(spec.kind)
    const tokenizer = createTokenizer(read)
    const texts = readFileSync(`${shared}/ggml-vocab-${name}.gguf.inp`, 'utf8').split('\n__ggml_vocab_test__\n')
    const expected = readFileSync(`${shared}/ggml-vocab-${name}.gguf.out`, 'utf8').split('\n')
    expect(texts.length).toBeGreaterThan(40)
    texts.forEach((text, index) => {
      expect(tokenizer.encode(text, { addSpecial: false }).join(' '), JSON.stringify(text)).toBe((expected[index] ?? '').trim())
    })
  })
})
