import { truncateSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { GretaError } from '../../../shared/errors'
import { openModel } from '../open-model'
import { createScratch } from '../testing/scratch'
import { encodeModel, smallModel, type SmallModel, tensorRecord, withEntry, withoutEntry } from '../testing/tiny-gguf'
import { encodeGgufHeader, type GgufEntry, type GgufTensorRecord } from '../writing/gguf-encoder'

const scratch = createScratch()
const model = smallModel()
const badUtf8 = Uint8Array.of(0x61, 0xff, 0x62)

async function refusal(bytes: Uint8Array): Promise<GretaError> {
  const path = scratch.write('hostile.gguf', bytes)
  const thrown: unknown = await openModel(path).then(
    () => undefined,
    (error: unknown) => error
  )
  expect(thrown).toBeInstanceOf(GretaError)
  return thrown as GretaError
}

const u32 = (key: string, value: number): GgufEntry => ({ key, type: 'u32', value })
const f32 = (key: string, value: number): GgufEntry => ({ key, type: 'f32', value })
const bare = (entries: readonly GgufEntry[], tensors: readonly GgufTensorRecord[] = [], dataBytes = 0): Uint8Array =>
  Uint8Array.from(Buffer.concat([encodeGgufHeader({ entries, tensors }), Buffer.alloc(dataBytes)]))
const edited = (entry: GgufEntry): Uint8Array => encodeModel(model, { entries: withEntry(model.entries, entry) })
const without = (key: string): Uint8Array => encodeModel(model, { entries: withoutEntry(model.entries, key) })
const retensored = (change: (tensor: GgufTensorRecord, index: number) => GgufTensorRecord): Uint8Array =>
  encodeModel(model, { tensors: model.tensors.map(change) })
const renamed = (from: string, change: Partial<GgufTensorRecord>): Uint8Array =>
  retensored((tensor) => (tensor.name === from ? { ...tensor, ...change } : tensor))

/** [what, bytes, what the message must say, code when it is not 'format'] */
type Case = readonly [what: string, bytes: () => Uint8Array, message: RegExp, code?: string]
const CASES: readonly Case[] = [
  ['an empty file', () => new Uint8Array(0), /the file is empty/u],
  ['a wrong magic', () => encodeModel(model, { magic: 'FUGG' }), /starts with "FUGG", expected "GGUF"/u],
  ['version 0', () => encodeModel(model, { version: 0 }), /version 0/u, 'unsupported'],
  ['version 1', () => encodeModel(model, { version: 1 }), /version 1 .*reads versions 2 and 3/u, 'unsupported'],
  ['version 4', () => encodeModel(model, { version: 4 }), /version 4/u, 'unsupported'],
  ['a big-endian file', () => encodeModel(model, { version: 0x03000000 }), /big-endian/u, 'unsupported'],
  [
    '10^18 tensors in 200 bytes',
    () => encodeGgufHeader({ entries: [], tensors: [], tensorCount: 10n ** 18n, alignmentBytes: 200 }),
    /claims 1000000000000000000 tensors/u
  ],
  ['10^18 metadata entries', () => encodeModel(model, { entryCount: 10n ** 18n }), /claims 1000000000000000000 metadata entries/u],
  ['2^64-1 tensors', () => encodeModel(model, { tensorCount: 2n ** 64n - 1n }), /claims 18446744073709551615 tensors/u],
  ['more tensors than the header has', () => encodeModel(model, { tensorCount: model.tensors.length + 1 }), /tensor|file ends|bytes/u],
  [
    'a key that is not UTF-8',
    () => bare([{ key: badUtf8, type: 'u8', value: 1 }]),
    /key of metadata entry 0 at byte 24 is not valid UTF-8/u
  ],
  ['text that is not UTF-8', () => bare([{ key: 'k', type: 'string', value: badUtf8 }]), /value of "k" at byte \d+ is not valid UTF-8/u],
  [
    'a tensor name that is not UTF-8',
    () =>
      bare(
        [],
        [tensorRecord('x', 'F32', [1], 0)].map((t) => ({ ...t, name: badUtf8 })),
        32
      ),
    /name of tensor 0 .*not valid UTF-8/u
  ],
  ['an empty key', () => bare([u32('', 1)]), /empty key/u],
  ['a key twice', () => bare([u32('k', 1), u32('k', 2)]), /"k" appears twice/u],
  ['a bool of 2', () => bare([{ key: 'k', type: 'bool', value: 2 }]), /bool of 2/u],
  ['a bool of 7 in an array', () => bare([{ key: 'k', type: 'array', of: 'bool', values: [1, 7] }]), /bool of 7/u],
  [
    'a tensor twice',
    () => bare([], [tensorRecord('x', 'F32', [1], 0), tensorRecord('x', 'F32', [1], 32)], 64),
    /two tensors are named "x"/u
  ],
  ['an empty tensor name', () => bare([], [tensorRecord('', 'F32', [1], 0), tensorRecord('y', 'F32', [1], 32)], 64), /empty name/u],
  ['a tensor without dimensions', () => bare([], [tensorRecord('x', 'F32', [], 0)], 64), /0 dimensions/u],
  ['a tensor of five dimensions', () => bare([], [tensorRecord('x', 'F32', [1, 1, 1, 1, 1], 0)], 32), /5 dimensions/u],
  ['a dimension of 0', () => bare([], [tensorRecord('x', 'F32', [0, 4], 0)], 32), /dimension 1 of tensor "x" is 0/u],
  [
    'overlapping tensors',
    () => bare([], [tensorRecord('x', 'F32', [16], 0), tensorRecord('y', 'F32', [16], 32)], 128),
    /"x" and "y" overlap/u
  ],
  ['a misaligned tensor', () => bare([], [tensorRecord('x', 'F32', [1], 4)], 64), /offset 4, which is not a multiple of the alignment 32/u],
  ['a tensor beyond the file', () => bare([], [tensorRecord('x', 'F32', [64], 0)], 64), /needs 256 bytes .*but the file has only/u],
  [
    'a row that is not whole blocks',
    () => bare([], [tensorRecord('x', 'Q4_K', [2, 128], 0)], 512),
    /rows of 128 weights; Q4_K needs a multiple of 256/u
  ],
  [
    'a type of another engine',
    () => bare([], [{ name: 'x', typeId: 23, shape: [256], dataOffset: 0 }], 256),
    /"x" has type IQ4_XS/u,
    'unsupported'
  ],
  ['a type nobody knows', () => bare([], [{ name: 'x', typeId: 9999, shape: [256], dataOffset: 0 }], 256), /unknown type 9999/u],
  ['an alignment of 0', () => edited(u32('general.alignment', 0)), /general.alignment is 0/u],
  ['an alignment of 48', () => edited(u32('general.alignment', 48)), /general.alignment is 48; expected a power of two/u],
  ['an alignment of 2^31', () => edited(u32('general.alignment', 2 ** 31)), /general.alignment/u],
  ['no architecture', () => without('general.architecture'), /general.architecture is missing/u],
  ['no layer count', () => without('llama.block_count'), /llama.block_count is missing/u],
  ['a layer count of 0', () => edited(u32('llama.block_count', 0)), /llama.block_count is 0/u],
  ['more layers than the file', () => edited(u32('llama.block_count', 2)), /tensor blk.1.attn_norm.weight is missing/u],
  ['absurdly many layers', () => edited(u32('llama.block_count', 2 ** 32 - 1)), /llama.block_count is 4294967295/u],
  ['a NaN epsilon', () => edited(f32('llama.attention.layer_norm_rms_epsilon', Number.NaN)), /rms_epsilon is NaN/u],
  ['an infinite epsilon', () => edited(f32('llama.attention.layer_norm_rms_epsilon', Infinity)), /rms_epsilon is Infinity/u],
  ['a negative epsilon', () => edited(f32('llama.attention.layer_norm_rms_epsilon', -1)), /rms_epsilon is -1/u],
  ['a NaN rope base', () => edited(f32('llama.rope.freq_base', Number.NaN)), /rope.freq_base is NaN/u],
  ['a rope base of 0', () => edited(f32('llama.rope.freq_base', 0)), /rope.freq_base is 0/u],
  [
    'a NaN rope scale',
    () =>
      encodeModel(model, {
        entries: [
          ...model.entries,
          { key: 'llama.rope.scaling.type', type: 'string', value: 'linear' },
          f32('llama.rope.scaling.factor', Number.NaN)
        ]
      }),
    /scaling.factor is NaN/u
  ],
  [
    'an unknown rope scaling',
    () => edited({ key: 'llama.rope.scaling.type', type: 'string', value: 'longrope' }),
    /"longrope"/u,
    'unsupported'
  ],
  ['heads that do not divide', () => edited(u32('llama.attention.head_count_kv', 3)), /2 attention heads cannot share 3/u],
  ['0 heads', () => edited(u32('llama.attention.head_count', 0)), /head_count is 0/u],
  ['an odd head dimension', () => edited(u32('llama.attention.key_length', 15)), /15/u],
  [
    'rotary dimensions beyond the head',
    () => edited(u32('llama.rope.dimension_count', 64)),
    /64 rotary dimensions do not fit heads of 16/u
  ],
  [
    'text where a number belongs',
    () => edited({ key: 'llama.block_count', type: 'string', value: '1' }),
    /llama.block_count is "1"; expected a whole number/u
  ],
  ['a number where text belongs', () => edited(u32('general.architecture', 5)), /general.architecture is 5; expected text/u],
  ['experts', () => edited(u32('llama.expert_count', 8)), /mixture of 8 experts/u, 'unsupported'],
  ['a missing tensor', () => renamed('blk.0.ffn_up.weight', { name: 'blk.0.other.weight' }), /blk.0.ffn_up.weight is missing/u],
  [
    'a tensor of another shape',
    () => renamed('blk.0.ffn_up.weight', { shape: [32, 64] }),
    /ffn_up.weight has shape \[32, 64\]; the hyper-parameters say \[64, 32\]/u
  ],
  ['an embedding of another width', () => edited(u32('llama.embedding_length', 64)), /shape|dimensions/u],
  ['a quantised norm', () => renamed('output_norm.weight', { typeId: 8 }), /output_norm.weight is a vector of type Q8_0/u, 'unsupported'],
  [
    'a tensor that llama does not have',
    () =>
      encodeModel(
        { ...model, data: Buffer.concat([model.data, Buffer.alloc(32)]) },
        { tensors: [...model.tensors, tensorRecord('blk.0.attn_q.bias', 'F32', [1], model.data.length)] }
      ),
    /a llama model has no tensor blk.0.attn_q.bias/u,
    'unsupported'
  ],
  [
    'fewer pieces than embedding rows',
    () => edited({ key: 'tokenizer.ggml.tokens', type: 'array', of: 'string', values: ['<unk>', '<s>', '</s>'] }),
    /each of the 3 pieces|has 3 pieces/u
  ],
  [
    'scores of another length',
    () => edited({ key: 'tokenizer.ggml.scores', type: 'array', of: 'f32', values: [1] }),
    /scores is an array of 1; expected one score for each of the 264 pieces/u
  ],
  [
    'a NaN score',
    () => edited({ key: 'tokenizer.ggml.scores', type: 'array', of: 'f32', values: Array.from({ length: 264 }, () => Number.NaN) }),
    /not NaN/u
  ],
  [
    'a token type of 99',
    () => edited({ key: 'tokenizer.ggml.token_type', type: 'array', of: 'i32', values: Array.from({ length: 264 }, () => 99) }),
    /type of 99/u
  ],
  [
    'an eos id out of range',
    () => edited(u32('tokenizer.ggml.eos_token_id', 264)),
    /eos_token_id is 264; expected a whole number from 0 to 263/u
  ],
  [
    'pieces that are numbers',
    () => edited({ key: 'tokenizer.ggml.tokens', type: 'array', of: 'u32', values: [1, 2] }),
    /tokens is an array of 2; expected an array of text/u
  ],
  [
    'a chat template of 2 MB',
    () => edited({ key: 'tokenizer.chat_template', type: 'string', value: 'x'.repeat(2 ** 21) }),
    /chat_template/u
  ]
]

describe('hostile GGUF files', () => {
  it('starts from a file that opens', async () => {
    const opened = await openModel(scratch.write('good.gguf', encodeModel(model)))
    expect(opened.runnable?.config.layerCount).toBe(1)
  })

  it.each(CASES)('%s is refused with a reason', async (...row) => {
    const [, bytes, message, code] = row as unknown as Case
    const error = await refusal(bytes())
    expect(error.message).toMatch(message)
    if (code !== undefined) expect(error.code).toBe(code)
    expect(error.message).not.toMatch(/\n/u)
  })

  it('is refused when cut at any byte of the header, and at every tensor', async () => {
    const bytes = encodeModel(model)
    const headerBytes = bytes.length - model.data.length
    // Every byte of the first 512 (magic, counts, keys), then steps through the vocabulary and the tensor table.
    const cuts = [
      ...Array(1024).keys(),
      ...Array.from({ length: 400 }, (_, index) => Math.floor(1024 + (index * (headerBytes - 1024)) / 400))
    ]
    for (const tensor of model.tensors) cuts.push(headerBytes + Number(tensor.dataOffset) + 1)
    for (const length of cuts) {
      const error = await refusal(bytes.subarray(0, length))
      expect(['format', 'unsupported']).toContain(error.code)
    }
  })
})

describe('weaknesses that other loaders had', () => {
  const overflowing = (shape: readonly bigint[], typeId = 0): Uint8Array => bare([], [{ name: 'x', typeId, shape, dataOffset: 0 }], 64)
  const lengthField = (value: bigint): Uint8Array => {
    const bytes = Buffer.from(bare([{ key: 'key', type: 'string', value: 'text' }]))
    bytes.writeBigUInt64LE(value, 24)
    return bytes
  }
  const arrayCount = (value: bigint): Uint8Array => {
    const bytes = Buffer.from(bare([{ key: 'key', type: 'array', of: 'u64', values: [1, 2, 3] }]))
    bytes.writeBigUInt64LE(value, 24 + 8 + 3 + 4 + 4)
    return bytes
  }

  it.each([
    ['CVE-2024-21802: tensor dimensions that overflow', () => overflowing([2n ** 33n, 2n ** 33n])],
    [
      'CVE-2024-21825: a dimension count beyond the array',
      () => {
        const bytes = Buffer.from(bare([], [tensorRecord('x', 'F32', [1], 0)], 64))
        bytes.writeUInt32LE(2 ** 32 - 1, 24 + 8 + 1)
        return bytes
      }
    ],
    ['CVE-2024-21836: a tensor count that overflows an allocation', () => encodeModel(model, { tensorCount: 2n ** 61n })],
    ['CVE-2024-23496: an array length that overflows', () => arrayCount(2n ** 61n)],
    ['CVE-2024-23605: a metadata count that overflows', () => encodeModel(model, { entryCount: 2n ** 60n })],
    ['a string length of 2^64-1, plus one is zero', () => lengthField(2n ** 64n - 1n)],
    ['a string length of 2^63, negative when signed', () => lengthField(2n ** 63n)],
    [
      'CVE-2025-53630: tensor sizes whose sum overflows',
      () =>
        bare(
          [],
          [
            { name: 'x', typeId: 0, shape: [2n ** 61n], dataOffset: 0 },
            { name: 'y', typeId: 0, shape: [2n ** 61n], dataOffset: 2n ** 63n }
          ],
          64
        )
    ],
    [
      'CVE-2026-27940: an offset that wraps around',
      () => bare([], [{ name: 'x', typeId: 0, shape: [8], dataOffset: 2n ** 64n - 32n }], 64)
    ],
    ['CVE-2026-33298: a size that overflows in block units', () => overflowing([2n ** 46n, 2n ** 15n], 12)],
    ['CVE-2026-7482: dimensions larger than the data', () => overflowing([1n, 1_000_000n])]
  ] as const)('%s', async (_name, bytes) => {
    const error = await refusal(bytes())
    expect(error.code).toBe('format')
  })

  it('CVE-2025-49847, CVE-2025-52566: a piece longer than any buffer stays a string of its length', async () => {
    const values = Array.from({ length: 264 }, (_, id) => (id === 263 ? 'x'.repeat(2 ** 20) : `p${id}`))
    const path = scratch.write('piece.gguf', edited({ key: 'tokenizer.ggml.tokens', type: 'array', of: 'string', values }))
    const opened = await openModel(path)
    expect(opened.tokenizer?.pieces.at(-1)).toHaveLength(2 ** 20)
  })

  it('arrays are bounded even where the file has the bytes', async () => {
    for (const claimed of [2 ** 22 + 1, 2 ** 32]) {
      const bytes = Buffer.from(bare([{ key: 'k', type: 'array', of: 'u8', values: [] }]))
      bytes.writeBigUInt64LE(BigInt(claimed), 24 + 8 + 1 + 4 + 4)
      const path = scratch.write('sparse.gguf', bytes)
      truncateSync(path, 2 ** 33)
      await expect(openModel(path)).rejects.toThrow(
        new RegExp(`claims ${claimed} elements of the array "k"; at most 4194304 are read`, 'u')
      )
    }
  })

  it('nested arrays are refused however deep', async () => {
    const bytes = Buffer.from(bare([{ key: 'k', type: 'array', of: 'u8', values: new Uint8Array(64) }]))
    bytes.writeUInt32LE(9, 24 + 8 + 1 + 4)
    const error = await refusal(bytes)
    expect(error.message).toMatch(/nested arrays/u)
  })
})

describe('files that are valid but not runnable', () => {
  const notRunnable = async (changes: SmallModel): Promise<string | undefined> => {
    const opened = await openModel(scratch.write('not-runnable.gguf', encodeModel(changes)))
    expect(opened.runnable).toBeUndefined()
    return opened.notRunnable
  }

  it('says so for an unknown architecture', async () => {
    const entries = withEntry(model.entries, { key: 'general.architecture', type: 'string', value: 'falcon' })
    expect(await notRunnable({ ...model, entries })).toMatch(/architecture "falcon"; this engine runs llama, qwen2, qwen3/u)
  })

  it('says so for a vocabulary alone, and gives its tokenizer', async () => {
    const opened = await openModel(scratch.write('vocabulary.gguf', encodeModel({ ...model, tensors: [], data: new Uint8Array(0) })))
    expect(opened.notRunnable).toMatch(/vocabulary only/u)
    expect(opened.tokenizer?.pieces).toHaveLength(264)
  })
})
