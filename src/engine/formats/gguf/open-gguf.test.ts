import { describe, expect, it } from 'vitest'
import type { OpenedModel } from '../../../shared/model/description'
import { openModel } from '../open-model'
import { createScratch } from '../testing/scratch'
import { encodeModel, SMALL_SHAPE, smallModel, tensorRecord, withEntry, withoutEntry } from '../testing/tiny-gguf'
import type { GgufEntry } from '../writing/gguf-encoder'

const scratch = createScratch()
const model = smallModel()
const u32 = (key: string, value: number): GgufEntry => ({ key, type: 'u32', value })
const f32 = (key: string, value: number): GgufEntry => ({ key, type: 'f32', value })
const text = (key: string, value: string): GgufEntry => ({ key, type: 'string', value })
const texts = (key: string, values: readonly string[]): GgufEntry => ({ key, type: 'array', of: 'string', values })

const openWith = (changes: readonly GgufEntry[], without: readonly string[] = []): Promise<OpenedModel> => {
  let entries = model.entries
  for (const key of without) entries = withoutEntry(entries, key)
  for (const change of changes) entries = withEntry(entries, change)
  return openModel(scratch.write('open.gguf', encodeModel({ ...model, entries })))
}

/** The small model with rope_freqs.weight behind its other tensors. */
function withDivisors(divisors: ArrayLike<number>, type: 'F32' | 'F16' = 'F32'): Uint8Array {
  const bytes = Buffer.alloc(Math.max(32, divisors.length * 4))
  for (let index = 0; index < divisors.length; index += 1) bytes.writeFloatLE(divisors[index] as number, index * 4)
  const tensors = [...model.tensors, tensorRecord('rope_freqs.weight', type, [divisors.length], model.data.length)]
  return encodeModel({ ...model, data: Buffer.concat([model.data, bytes]) }, { tensors })
}

describe('hyper-parameters of a GGUF file', () => {
  it('have the defaults of the format', async () => {
    const without = [
      'llama.attention.head_count_kv',
      'llama.attention.key_length',
      'llama.attention.value_length',
      'llama.rope.dimension_count',
      'llama.rope.freq_base'
    ]
    const full = smallModel({ ...SMALL_SHAPE, kvHeadCount: 2 })
    const entries = without.reduce<readonly GgufEntry[]>((list, key) => withoutEntry(list, key), full.entries)
    const opened = await openModel(scratch.write('defaults.gguf', encodeModel({ ...full, entries })))
    expect(opened.runnable?.config).toMatchObject({ kvHeadCount: 2, headDim: 16, ropeDims: 16, ropeBase: 10_000 })
  })

  it('may be arrays that say the same for every layer, and nothing else', async () => {
    const array = (values: readonly number[]): GgufEntry => ({ key: 'llama.attention.head_count', type: 'array', of: 'u32', values })
    expect((await openWith([array([2, 2])])).runnable?.config.headCount).toBe(2)
    await expect(openWith([array([2, 1])])).rejects.toThrow(/head_count differs between layers/u)
    await expect(openWith([array([])])).rejects.toThrow(/head_count is an array of 0/u)
  })

  it('refuse keys and values of different sizes', async () => {
    await expect(openWith([u32('llama.attention.value_length', 8)])).rejects.toThrow(/keys of 16 and values of 8 dimensions/u)
  })

  it('scale rotary frequencies as they say', async () => {
    const scaling = (kind: string, ...more: readonly GgufEntry[]): Promise<OpenedModel> =>
      openWith([text('llama.rope.scaling.type', kind), f32('llama.rope.scaling.factor', 4), ...more])
    const plain = (await openWith([])).runnable?.config.ropeInverseFrequencies ?? new Float64Array()
    const linear = (await scaling('linear')).runnable?.config
    expect(linear?.ropeScaling).toEqual({ kind: 'linear', factor: 4 })
    expect([...(linear?.ropeInverseFrequencies ?? [])]).toEqual([...plain].map((frequency) => frequency / 4))
    expect((await scaling('none')).runnable?.config.ropeScaling.kind).toBe('none')
    const yarn = (await scaling('yarn', u32('llama.rope.scaling.original_context_length', 8))).runnable?.config
    expect(yarn?.ropeMagnitude).toBeCloseTo(0.1 * Math.log(4) + 1, 12)
    const factor = (await scaling('yarn', f32('llama.rope.scaling.attn_factor', 2))).runnable?.config
    expect(factor?.ropeMagnitude).toBeCloseTo(2 * (0.1 * Math.log(4) + 1), 12)
  })

  it('take divisors of the frequencies from rope_freqs.weight', async () => {
    const plain = (await openWith([])).runnable?.config.ropeInverseFrequencies ?? new Float64Array()
    const divisors = [1, 1, 1, 2, 4, 8, 8, 8]
    const opened = await openModel(scratch.write('divisors.gguf', withDivisors(divisors)))
    expect(opened.runnable?.config.ropeScaling).toEqual({ kind: 'llama3', factor: 8 })
    expect([...(opened.runnable?.config.ropeInverseFrequencies ?? [])]).toEqual(
      divisors.map((divisor, pair) => (plain[pair] as number) / divisor)
    )
    expect(opened.runnable?.config.parameterCount).toBe((await openWith([])).runnable?.config.parameterCount)
  })

  it.each<readonly [string, () => Uint8Array, RegExp]>([
    ['of another length', () => withDivisors([1, 1]), /has 2 values; expected 8/u],
    ['that are NaN', () => withDivisors(Array.from({ length: 8 }, () => Number.NaN)), /value 0 of rope_freqs.weight is NaN/u],
    [
      'that are not F32',
      () =>
        withDivisors(
          Array.from({ length: 8 }, () => 1),
          'F16'
        ),
      /rope_freqs.weight is F16 \[8\]/u
    ],
    ['that are thousands', () => withDivisors(Array.from({ length: 5000 }, () => 1)), /rope_freqs.weight is F32 \[5000\]/u]
  ])('refuse divisors %s', async (_what, bytes, message) => {
    await expect(openModel(scratch.write('bad-divisors.gguf', bytes()))).rejects.toThrow(message)
  })

  it('end the context where a sliding window would begin to slide', async () => {
    expect((await openWith([u32('llama.attention.sliding_window', 8)])).runnable?.config.contextLength).toBe(8)
    expect((await openWith([u32('llama.attention.sliding_window', 0)])).runnable?.config.contextLength).toBe(32)
  })
})

describe('the tokenizer of a GGUF file', () => {
  const pieces = Array.from({ length: 264 }, (_, id) => `piece${id}`)
  const bpe = (...more: readonly GgufEntry[]): Promise<OpenedModel> =>
    openWith(
      [text('tokenizer.ggml.model', 'gpt2'), texts('tokenizer.ggml.tokens', pieces), texts('tokenizer.ggml.merges', ['a b']), ...more],
      [
        'tokenizer.ggml.add_bos_token',
        'tokenizer.ggml.unknown_token_id',
        'tokenizer.ggml.token_type',
        ...['bos', 'eos'].map((name) => `tokenizer.ggml.${name}_token_id`)
      ]
    )

  it('has the defaults of SentencePiece', async () => {
    const keys = ['bos_token_id', 'eos_token_id', 'unknown_token_id', 'add_bos_token', 'add_eos_token'].map(
      (key) => `tokenizer.ggml.${key}`
    )
    const { tokenizer } = await openWith([], keys)
    expect(tokenizer).toMatchObject({ kind: 'spm', bosId: 1, eosId: 2, unknownId: 0, addBos: true, addEos: false, addSpacePrefix: true })
  })

  it('has a BOS by default where models of the pre-tokenizer expect one', async () => {
    expect((await bpe(text('tokenizer.ggml.pre', 'llama-bpe'))).tokenizer).toMatchObject({
      kind: 'bpe',
      preTokenizer: 'llama-bpe',
      addBos: true
    })
    expect((await bpe(text('tokenizer.ggml.pre', 'qwen2'))).tokenizer).toMatchObject({ addBos: false })
    expect((await bpe()).tokenizer).toMatchObject({ preTokenizer: 'default', addBos: false })
    expect((await bpe()).tokenizer).not.toHaveProperty('bosId')
  })

  it('knows which ids end a generation', async () => {
    const chat = pieces.map((piece, id) => (id === 260 ? '<|im_end|>' : id === 261 ? '<|eot_id|>' : piece))
    const types = Array.from({ length: 264 }, (_, id) => (id === 260 ? 3 : 1))
    const { tokenizer } = await openWith([
      texts('tokenizer.ggml.tokens', chat),
      { key: 'tokenizer.ggml.token_type', type: 'array', of: 'i32', values: types },
      u32('tokenizer.ggml.eot_token_id', 7)
    ])
    // 261 has the text of an ending, but as an ordinary piece.
    expect(tokenizer).toMatchObject({ eosId: 2, endOfGenerationIds: [7, 260] })
  })

  it('reads -1 as no id', async () => {
    const { tokenizer } = await openWith([
      u32('tokenizer.ggml.padding_token_id', 2 ** 32 - 1),
      { key: 'tokenizer.ggml.eos_token_id', type: 'i32', value: -1 }
    ])
    expect(tokenizer).not.toHaveProperty('padId')
    expect(tokenizer).not.toHaveProperty('eosId')
  })

  it('may be of a kind that is not known, or missing: the model still runs', async () => {
    const bert = await openWith([text('tokenizer.ggml.model', 'bert')])
    expect(bert.runnable).toBeDefined()
    expect(bert.tokenizerProblem).toMatch(/tokenizer of kind "bert"/u)
    const none = await openWith([], ['tokenizer.ggml.model'])
    expect(none.tokenizerProblem).toMatch(/holds no tokenizer/u)
  })

  it.each<readonly [string, GgufEntry, RegExp]>([
    ['a merge without a space', texts('tokenizer.ggml.merges', ['a b', 'ab']), /entry 1 of tokenizer.ggml.merges is "ab"/u],
    [
      'merges that are numbers',
      { key: 'tokenizer.ggml.merges', type: 'array', of: 'u8', values: [1] },
      /merges is an array of 1; expected an array of text/u
    ],
    ['other pieces than rows', texts('tokenizer.ggml.tokens', pieces.slice(1)), /has 263 pieces, but the token embedding has 264 rows/u]
  ])('is refused with %s', async (_what, entry, message) => {
    await expect(bpe(entry)).rejects.toThrow(message)
  })

  it('comes with the chat template', async () => {
    expect((await openWith([text('tokenizer.chat_template', '{{ x }}')])).chatTemplate).toBe('{{ x }}')
    expect((await openWith([])).chatTemplate).toBeUndefined()
  })
})
