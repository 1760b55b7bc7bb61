import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DTYPES, dtypeFacts, type DTypeName } from '../../../shared/model/dtype'
import { PRESETS, type ModelShape } from '../architecture/presets'
import { openModel } from '../open-model'
import { createScratch } from '../testing/scratch'
import { SMALL_SHAPE } from '../testing/tiny-gguf'
import { bfloat16Bits, halfBits } from './float-bits'
import { layoutModel } from './model-layout'
import { getsMoreBits, matrixType, QUANT_MIXES } from './quant-mix'
import { RandomBits } from './random'
import { createBlockSource } from './synthetic-blocks'
import { syntheticVocabulary } from './synthetic-vocabulary'
import { writeModel } from './write-model'

const scratch = createScratch()
const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')
const half = (bits: number): number => {
  const exponent = (bits >>> 10) & 31
  const fraction = bits & 1023
  const magnitude = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15)
  return (bits & 0x8000) === 0 ? magnitude : -magnitude
}

describe('writeModel', () => {
  it.each(QUANT_MIXES)('writes %s so that it opens', async (mix) => {
    const path = scratch.path(`${mix}.gguf`)
    const written = await writeModel(path, { shape: PRESETS.tiny, mix, seed: 3 })
    const opened = await openModel(path)
    expect(opened.files[0]?.sizeBytes).toBe(written.sizeBytes)
    expect(opened.runnable?.config).toMatchObject({ layerCount: 2, embeddingLength: 256, vocabularySize: 320, tiedEmbedding: false })
  })

  it.each<ModelShape['architecture']>(['llama', 'qwen2', 'qwen3'])(
    'writes %s, tied, with rows that no block fits',
    async (architecture) => {
      const path = scratch.path(`${architecture}.gguf`)
      const shape = { ...SMALL_SHAPE, architecture, tiedEmbedding: true, feedForwardLength: 172 }
      await writeModel(path, { shape, mix: 'q4_k_m', seed: 3 })
      const opened = await openModel(path)
      expect(opened.runnable?.config).toMatchObject({ architecture, tiedEmbedding: true, feedForwardLength: 172 })
      expect(opened.runnable?.weights.layers[0]?.ffnDown.tensor.type).toBe('F16')
      expect(opened.runnable?.weights.layers[0]?.qBias === undefined).toBe(architecture !== 'qwen2')
      expect(opened.runnable?.weights.layers[0]?.qNorm === undefined).toBe(architecture !== 'qwen3')
    }
  )

  it('writes the same bytes from the same seed and others from another', async () => {
    const write = async (name: string, seed: number): Promise<string> => {
      await writeModel(scratch.path(name), { shape: PRESETS.tiny, mix: 'every-type', seed })
      return digest(scratch.path(name))
    }
    const first = await write('a.gguf', 1)
    expect(await write('b.gguf', 1)).toBe(first)
    expect(await write('c.gguf', 2)).not.toBe(first)
  })

  it('leaves nothing behind when it is cancelled or cannot write', async () => {
    const abort = new AbortController()
    const options = { shape: PRESETS.tiny, mix: 'f32', seed: 1 }
    const cancelled = writeModel(scratch.path('cancelled.gguf'), { ...options, signal: abort.signal, onProgress: () => abort.abort() })
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' })
    await expect(writeModel(scratch.path('no/such/folder.gguf'), options)).rejects.toMatchObject({ code: 'not-found' })
    await expect(writeModel(scratch.path('x.gguf'), { ...options, mix: 'q9' })).rejects.toMatchObject({ code: 'usage' })
    expect(existsSync(scratch.path('cancelled.gguf'))).toBe(false)
    expect(readdirSync(scratch.folder).filter((name) => name.includes('partial'))).toEqual([])
  })

  it('keeps an existing file when writing fails', async () => {
    const path = scratch.write('kept.gguf', 'old')
    const options = { shape: PRESETS.tiny, mix: 'f32', seed: 1, signal: AbortSignal.abort() }
    await expect(writeModel(path, options)).rejects.toMatchObject({ code: 'cancelled' })
    expect(readFileSync(path, 'utf8')).toBe('old')
  })
})

describe('synthetic blocks', () => {
  const fill = (type: DTypeName, blocks: number): DataView => {
    const words = new Int32Array(Math.ceil((blocks * dtypeFacts(type).blockBytes) / 4))
    createBlockSource(type, 0.05, new RandomBits(1, 'blocks')).overwrite(words)
    return new DataView(words.buffer)
  }

  it('are floats with the wanted mean and deviation', () => {
    const count = 20_000
    const decoders: readonly (readonly [DTypeName, (view: DataView, index: number) => number])[] = [
      ['F32', (view, index) => view.getFloat32(index * 4, true)],
      ['F16', (view, index) => half(view.getUint16(index * 2, true))]
    ]
    for (const [type, decode] of decoders) {
      const view = fill(type, count)
      const values = Array.from({ length: count }, (_, index) => decode(view, index))
      const mean = values.reduce((sum, value) => sum + value, 0) / count
      const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count)
      expect(Math.abs(mean)).toBeLessThan(0.002)
      expect(Math.abs(deviation / 0.05 - 1)).toBeLessThan(0.03)
    }
  })

  // Where the f16 scales of each block lie (native/base/dtype.h).
  it.each<readonly [DTypeName, readonly number[]]>([
    ['Q4_0', [0]],
    ['Q4_1', [0, 2]],
    ['Q5_0', [0]],
    ['Q5_1', [0, 2]],
    ['Q8_0', [0]],
    ['Q2_K', [80, 82]],
    ['Q3_K', [108]],
    ['Q4_K', [0, 2]],
    ['Q5_K', [0, 2]],
    ['Q6_K', [208]]
  ])('of %s have finite scales other than zero in every block', (type, places) => {
    const blocks = 501
    const view = fill(type, blocks)
    for (let block = 0; block < blocks; block += 1) {
      for (const place of places) {
        const bits = view.getUint16(block * dtypeFacts(type).blockBytes + place, true)
        expect((bits >>> 10) & 31).toBeLessThan(31)
        expect(bits & 0x7fff).toBeGreaterThan(0)
      }
    }
  })
})

describe('float bits', () => {
  it('round to the nearest half, ties to even, for every half and its neighbours', () => {
    for (let bits = 0; bits < 0x7c00; bits += 1) expect(halfBits(half(bits))).toBe(bits)
    for (let bits = 0; bits < 0x7bff; bits += 7) {
      const middle = (half(bits) + half(bits + 1)) / 2
      expect(halfBits(middle)).toBe(bits + (bits & 1))
      expect(halfBits(-middle)).toBe(0x8000 | (bits + (bits & 1)))
    }
    expect([halfBits(65_520), halfBits(65_519), halfBits(Infinity), halfBits(1e-8)]).toEqual([0x7c00, 0x7bff, 0x7c00, 0])
    expect(halfBits(Number.NaN) & 0x7fff).toBeGreaterThan(0x7c00)
  })

  it('round to the nearest bfloat16, ties to even', () => {
    expect([1, -2, 1 + 2 ** -8, 1 + 3 * 2 ** -8, Infinity].map(bfloat16Bits)).toEqual([0x3f80, 0xc000, 0x3f80, 0x3f82, 0x7f80])
    expect(bfloat16Bits(Number.NaN) & 0x7fff).toBeGreaterThan(0x7f80)
  })
})

describe('quant mixes', () => {
  it('give more bits to the layers llama.cpp does', () => {
    expect(Array.from({ length: 8 }, (_, layer) => getsMoreBits(layer, 8))).toEqual([true, false, false, true, false, false, true, true])
  })

  it('fall back where rows are not whole blocks', () => {
    const type = (mix: string, columns: number): DTypeName => matrixType(mix, 'q', 1, 8, columns, false, 0)
    expect([type('q4_k', 256), type('q4_k', 96), type('q6_k', 32), type('q2_k', 64), type('q4_k_m', 30)]).toEqual([
      'Q4_K',
      'Q5_0',
      'Q8_0',
      'Q4_0',
      'F16'
    ])
  })

  it('use every type in turn', () => {
    const types = new Set(layoutModel({ ...PRESETS.tiny, layerCount: 3 }, 'every-type').tensors.map((tensor) => tensor.type))
    expect([...types].sort()).toEqual(DTYPES.map((facts) => facts.name).sort())
  })
})

describe('syntheticVocabulary', () => {
  it.each([259, 264, 320, 4096, 32_000])('has exactly %i different pieces', (size) => {
    const { pieces, types, scores } = syntheticVocabulary(size)
    expect([new Set(pieces).size, types.length, scores.length]).toEqual([size, size, size])
  })

  it('has no piece that merging cannot reach', () => {
    const { pieces } = syntheticVocabulary(5000)
    const known = new Set(pieces)
    for (const piece of pieces.slice(259).filter((text) => text.length > 1)) {
      expect(known.has(piece.slice(0, -1)) || known.has(piece.slice(1))).toBe(true)
    }
  })

  it.each([0, 258, 1.5, Number.NaN])('refuses a size of %d', (size) => {
    expect(() => syntheticVocabulary(size)).toThrow(/too small/u)
  })
})
