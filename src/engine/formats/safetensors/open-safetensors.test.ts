import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { OpenedModel, WeightReference } from '../../../shared/model/description'
import { PRESETS, type ModelShape } from '../architecture/presets'
import { openModel } from '../open-model'
import { createScratch } from '../testing/scratch'
import { SMALL_SHAPE } from '../testing/tiny-gguf'
import { weightBytesOf } from '../weight-data'
import { encodeSafetensors } from '../writing/safetensors-encoder'
import { huggingFaceConfig, writeHuggingFaceModel } from '../writing/write-huggingface-model'
import { writeModel } from '../writing/write-model'

const scratch = createScratch()

/** Rows of a weight in logical order, as a backend reads them through the row order. */
function logicalBytes(opened: OpenedModel, reference: WeightReference): Uint8Array {
  const bytes = weightBytesOf(opened, reference.tensor)
  if (reference.rowOrder === 'as-stored') return bytes
  const rows = reference.tensor.shape[0] as number
  const rowBytes = bytes.length / rows
  const headDim = opened.runnable?.config.headDim as number
  const result = new Uint8Array(bytes.length)
  for (let row = 0; row < rows; row += 1) {
    const inHead = row % headDim
    const stored = row - inHead + Math.floor(inHead / 2) + (inHead % 2) * (headDim / 2)
    result.set(bytes.subarray(stored * rowBytes, (stored + 1) * rowBytes), row * rowBytes)
  }
  return result
}

function allWeights(opened: OpenedModel): ReadonlyMap<string, WeightReference> {
  const weights = opened.runnable?.weights
  if (weights === undefined) throw new Error(opened.notRunnable)
  const named = new Map<string, WeightReference>([
    ['tokenEmbedding', weights.tokenEmbedding],
    ['finalNorm', weights.finalNorm],
    ['lmHead', weights.lmHead]
  ])
  weights.layers.forEach((layer, index) => {
    for (const [role, reference] of Object.entries(layer) as [string, WeightReference][]) named.set(`${index}.${role}`, reference)
  })
  return named
}

const folderOf = (name: string, shape: ModelShape = SMALL_SHAPE): string => {
  const folder = scratch.path(name)
  rmSync(folder, { recursive: true, force: true })
  writeHuggingFaceModel(folder, { shape, mix: 'f16', seed: 5 })
  return folder
}

describe('a Hugging Face folder', () => {
  const shapes: readonly (readonly [string, ModelShape])[] = [
    ['llama', { ...PRESETS.tiny, headCount: 4, kvHeadCount: 2 }],
    ['qwen2', { ...PRESETS.tiny, architecture: 'qwen2', tiedEmbedding: true }],
    ['qwen3', { ...PRESETS.tiny, architecture: 'qwen3', headDim: 32 }]
  ]

  it.each(shapes)('of %s is the same model as a GGUF file with the same weights', async (name, shape) => {
    const gguf = scratch.path(`${name}.gguf`)
    await writeModel(gguf, { shape, mix: 'f16', seed: 5 })
    const folder = scratch.path(`${name}-hf`)
    writeHuggingFaceModel(folder, { shape, mix: 'f16', seed: 5 })
    const [a, b] = [await openModel(gguf), await openModel(folder)]
    const withoutName = (opened: OpenedModel): unknown => ({
      ...opened.runnable?.config,
      name: '',
      rmsNormEpsilon: Math.fround(opened.runnable?.config.rmsNormEpsilon ?? 0)
    })
    expect(withoutName(b)).toEqual(withoutName(a))
    const [left, right] = [allWeights(a), allWeights(b)]
    expect([...right.keys()]).toEqual([...left.keys()])
    for (const [role, reference] of left) {
      expect(Buffer.compare(logicalBytes(a, reference), logicalBytes(b, right.get(role) as WeightReference)), role).toBe(0)
    }
    const { endOfGenerationIds: _, ...tokenizer } = b.tokenizer ?? { endOfGenerationIds: [] }
    expect(a.tokenizer).toMatchObject(tokenizer)
  })

  it('reorders q and k of llama only', async () => {
    const llama = (await openModel(folderOf('rows-llama'))).runnable?.weights.layers[0]
    expect([llama?.q.rowOrder, llama?.k.rowOrder, llama?.v.rowOrder, llama?.attnOutput.rowOrder]).toEqual([
      'rotary-half-split-to-interleaved',
      'rotary-half-split-to-interleaved',
      'as-stored',
      'as-stored'
    ])
    const qwen = (await openModel(folderOf('rows-qwen', { ...SMALL_SHAPE, architecture: 'qwen3' }))).runnable?.weights.layers[0]
    expect(qwen?.q.rowOrder).toBe('as-stored')
  })

  it('opens from its weight file too, and from any shard', async () => {
    const folder = folderOf('whole')
    expect((await openModel(join(folder, 'model.safetensors'))).runnable?.config.layerCount).toBe(1)
    const sharded = scratch.path('sharded')
    writeHuggingFaceModel(sharded, { shape: SMALL_SHAPE, mix: 'bf16', seed: 5, shards: 3 })
    for (const path of [sharded, join(sharded, 'model-00002-of-00003.safetensors')]) {
      const opened = await openModel(path)
      expect(opened.files).toHaveLength(3)
      expect(opened.runnable?.weights.tokenEmbedding.tensor.type).toBe('BF16')
    }
    rmSync(join(sharded, 'model.safetensors.index.json'))
    expect((await openModel(sharded)).files).toHaveLength(3)
    rmSync(join(sharded, 'model-00002-of-00003.safetensors'))
    await expect(openModel(sharded)).rejects.toThrow(/There is no file .*model-00002-of-00003.safetensors/u)
  })

  it('says so without config.json and for another model_type', async () => {
    const folder = folderOf('no-config')
    rmSync(join(folder, 'config.json'))
    expect((await openModel(folder)).notRunnable).toMatch(/no config.json/u)
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...huggingFaceConfig(SMALL_SHAPE), model_type: 'gpt_neox' }))
    expect((await openModel(folder)).notRunnable).toMatch(/model_type "gpt_neox"; this engine runs/u)
  })
})

describe('config.json', () => {
  const opened = async (changes: Readonly<Record<string, unknown>>): Promise<OpenedModel> => {
    const folder = folderOf('config')
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...huggingFaceConfig(SMALL_SHAPE), ...changes }))
    return openModel(folder)
  }

  it('reads rope scaling in old and new spelling', async () => {
    const linear = await opened({ rope_scaling: { type: 'linear', factor: 2 } })
    expect(linear.runnable?.config.ropeScaling).toEqual({ kind: 'linear', factor: 2 })
    const llama3 = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 16 }
    expect((await opened({ rope_scaling: llama3 })).runnable?.config.ropeScaling.kind).toBe('llama3')
    const parameters = await opened({ rope_theta: undefined, rope_parameters: { ...llama3, rope_theta: 5000 } })
    expect(parameters.runnable?.config).toMatchObject({ ropeBase: 5000, ropeScaling: { kind: 'llama3', factor: 8 } })
    const yarn = await opened({ rope_scaling: { type: 'yarn', factor: 4, original_max_position_embeddings: 32 } })
    expect(yarn.runnable?.config.ropeMagnitude).toBeCloseTo(0.1 * Math.log(4) + 1, 12)
    expect((await opened({ rope_scaling: null })).runnable?.config.ropeScaling.kind).toBe('none')
  })

  it('ends the context where a sliding window would begin to slide', async () => {
    expect((await opened({ max_position_embeddings: 4096, sliding_window: 100 })).runnable?.config.contextLength).toBe(100)
    const off = { max_position_embeddings: 4096, sliding_window: 100, use_sliding_window: false }
    expect((await opened(off)).runnable?.config.contextLength).toBe(4096)
  })

  it.each([
    [{ rope_scaling: { rope_type: 'longrope', factor: 2 } }, /"longrope"/u],
    [
      { rope_scaling: { rope_type: 'llama3', factor: 8, low_freq_factor: 4, high_freq_factor: 4 } },
      /high_freq_factor is 4; expected more than/u
    ],
    [{ hidden_act: 'gelu' }, /hidden_act is "gelu"/u],
    [{ quantization_config: { quant_method: 'gptq' } }, /quantised with "gptq"/u],
    [{ hidden_size: 'x' }, /hidden_size is "x"; expected a whole number/u],
    [{ hidden_size: 64 }, /shape|heads/u],
    [{ num_hidden_layers: 0 }, /num_hidden_layers is 0/u],
    [{ num_hidden_layers: 2 }, /model.layers.1.input_layernorm.weight is missing/u],
    [{ rms_norm_eps: null }, /rms_norm_eps is missing/u],
    [{ vocab_size: 300 }, /shape \[264, 32\]; the hyper-parameters say \[300, 32\]/u],
    [{ rope_theta: -1 }, /rope_theta is -1/u],
    [{ num_key_value_heads: 3 }, /cannot share/u]
  ])('with %j is refused', async (changes, message) => {
    await expect(opened(changes)).rejects.toThrow(message)
  })
})

describe('files beside the weights', () => {
  it('give the chat template, added tokens and ids that end a generation', async () => {
    const folder = folderOf('beside', { ...SMALL_SHAPE, vocabularySize: 270 })
    const text = JSON.parse(readFileSync(join(folder, 'tokenizer_config.json'), 'utf8')) as Record<string, unknown>
    const tokens = {
      268: { content: '<|im_start|>', special: true },
      269: { content: '<|im_end|>', special: true },
      267: { content: '<think>', special: false }
    }
    const template = [
      { name: 'tool_use', template: 'no' },
      { name: 'default', template: 'yes' }
    ]
    writeFileSync(
      join(folder, 'tokenizer_config.json'),
      JSON.stringify({ ...text, eos_token: '<|im_end|>', added_tokens_decoder: tokens, chat_template: template })
    )
    writeFileSync(join(folder, 'generation_config.json'), JSON.stringify({ eos_token_id: [2, 269] }))
    const { tokenizer, chatTemplate } = await openModel(folder)
    expect(chatTemplate).toBe('yes')
    expect(tokenizer).toMatchObject({ eosId: 269, bosId: 1, endOfGenerationIds: [2] })
    expect(tokenizer?.pieces.slice(267)).toEqual(['<think>', '<|im_start|>', '<|im_end|>'])
    expect([...(tokenizer?.types.slice(267) ?? [])]).toEqual([4, 3, 3])
    writeFileSync(join(folder, 'chat_template.jinja'), 'from its own file')
    expect((await openModel(folder)).chatTemplate).toBe('from its own file')
  })

  it('give added tokens of older folders', async () => {
    const folder = folderOf('added', { ...SMALL_SHAPE, vocabularySize: 270 })
    writeFileSync(join(folder, 'added_tokens.json'), JSON.stringify({ '<|im_end|>': 269 }))
    const { tokenizer } = await openModel(folder)
    expect([tokenizer?.pieces[269], tokenizer?.types[269], tokenizer?.endOfGenerationIds]).toEqual(['<|im_end|>', 3, [269]])
    writeFileSync(join(folder, 'added_tokens.json'), JSON.stringify({ '<|im_end|>': 9e9 }))
    await expect(openModel(folder)).rejects.toThrow(/added_tokens.json: added token 9000000000/u)
  })

  it('may hold a tiktoken file under the name of tokenizer.model', async () => {
    const folder = folderOf('tiktoken')
    writeFileSync(join(folder, 'tokenizer.model'), 'IQ== 0\nIg== 1\n')
    expect((await openModel(folder)).tokenizerProblem).toMatch(/tokenizer.model is a tiktoken file/u)
    const model = { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] }
    writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify({ pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false }, model }))
    expect((await openModel(folder)).tokenizer).toMatchObject({ kind: 'bpe', preTokenizer: 'gpt-2' })
  })

  it('leave a model runnable whose tokenizer this engine does not know', async () => {
    const folder = folderOf('unigram')
    rmSync(join(folder, 'tokenizer.model'))
    writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify({ model: { type: 'Unigram', vocab: [] } }))
    const opened = await openModel(folder)
    expect(opened.runnable).toBeDefined()
    expect(opened.tokenizerProblem).toMatch(/"Unigram"; this engine tokenizes with BPE/u)
  })

  it('are refused when weights lie between the bytes of their type', async () => {
    const tensors = [
      { name: 'a', dtype: 'BF16', shape: [1], bytes: new Uint8Array(2) },
      { name: 'b', dtype: 'F32', shape: [1], bytes: new Uint8Array(4) }
    ]
    const path = scratch.write('misaligned.safetensors', encodeSafetensors(tensors))
    await expect(openModel(path)).rejects.toThrow(/"b" starts at byte \d+, which is not a multiple of its 4-byte elements/u)
  })

  it('follow only plain names of the index', async () => {
    const folder = scratch.path('index')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'model-00001-of-00001.safetensors'), '')
    for (const file of ['../secret.safetensors', '/etc/passwd', 'a/b.safetensors', 'model.bin', '']) {
      writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: { x: file } }))
      await expect(openModel(folder)).rejects.toThrow(/expected a file of this folder/u)
    }
  })
})
