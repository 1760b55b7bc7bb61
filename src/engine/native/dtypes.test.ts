import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DTYPES } from '../../shared/model/dtype'
import { openModel } from '../formats/open-model'
import { weightBytesOf } from '../formats/weight-data'
import { nativeAddon } from './load-addon'
import { dequantise, tensorStatistics } from './tools'

const golden = join(import.meta.dirname, '../../../../shared/golden')

describe('tensor types', () => {
  it('the C++ table and the TypeScript table are the same', () => {
    expect(
      nativeAddon()
        .dtypes()
        .toSorted((a, b) => a.id - b.id)
    ).toEqual(DTYPES.toSorted((a, b) => a.id - b.id).map((facts) => ({ ...facts })))
  })

  it('bytes that do not fit the shape are refused', () => {
    expect(() => dequantise('Q4_K', new Uint8Array(143), 1, 256)).toThrow('do not fit')
    expect(() => dequantise('Q8_0', new Uint8Array(34), 1, 31)).toThrow('do not fit')
  })

  it.skipIf(!existsSync(golden))('every type of quant-zoo dequantises to the bit; statistics agree with a plain loop', async () => {
    const zoo = await openModel(join(golden, 'quant-zoo.gguf'))
    const expected = readSafetensors(join(golden, 'quant-zoo.expected.safetensors'))
    expect(zoo.tensors.length).toBeGreaterThanOrEqual(13)
    for (const tensor of zoo.tensors) {
      const cols = tensor.shape.at(-1) as number
      const rows = tensor.shape.slice(0, -1).reduce((product, length) => product * length, 1)
      const found = dequantise(tensor.type, weightBytesOf(zoo, tensor), rows, cols)
      const exact = expected(tensor.name)
      expect(Buffer.compare(Buffer.from(found.buffer), Buffer.from(exact.buffer)), tensor.name).toBe(0)
      const statistics = await tensorStatistics(zoo, tensor, 64)
      expect(statistics.count).toBe(exact.length)
      expect(statistics.min).toBe(exact.reduce((least, value) => Math.min(least, value)))
      expect(statistics.max).toBe(exact.reduce((most, value) => Math.max(most, value)))
      expect(statistics.rms).toBeCloseTo(Math.sqrt(exact.reduce((sum, value) => sum + value ** 2, 0) / exact.length), 6)
      expect(statistics.histogram.reduce((sum, count) => sum + count, 0)).toBe(exact.length)
    }
  })
})

/** F32 tensors of a SafeTensors file, by name. */
function readSafetensors(path: string): (name: string) => Float32Array {
  const bytes = readFileSync(path)
  const headerLength = Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<
    string,
    { readonly data_offsets: readonly [number, number] }
  >
  return (name) => {
    const range = header[name]?.data_offsets
    if (range === undefined) throw new Error(`${path} has no tensor ${name}`)
    const start = bytes.byteOffset + 8 + headerLength
    return new Float32Array(bytes.buffer.slice(start + range[0], start + range[1]))
  }
}
