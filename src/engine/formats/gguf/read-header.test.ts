import { describe, expect, it } from 'vitest'
import { createScratch } from '../testing/scratch'
import { encodeModel, smallModel, tensorRecord, withEntry } from '../testing/tiny-gguf'
import { encodeGgufHeader, type GgufEntry } from '../writing/gguf-encoder'
import { readGgufHeader } from './read-header'

const scratch = createScratch()

const everyType: readonly GgufEntry[] = [
  { key: 'a.u8', type: 'u8', value: 255 },
  { key: 'a.i8', type: 'i8', value: -128 },
  { key: 'a.u16', type: 'u16', value: 65_535 },
  { key: 'a.i16', type: 'i16', value: -32_768 },
  { key: 'a.u32', type: 'u32', value: 2 ** 32 - 1 },
  { key: 'a.i32', type: 'i32', value: -(2 ** 31) },
  { key: 'a.f32', type: 'f32', value: 0.5 },
  { key: 'a.bool', type: 'bool', value: true },
  { key: 'a.text', type: 'string', value: 'gr\u00fc\u00df \u2581 \ufffd \ufeff' },
  { key: 'a.u64', type: 'u64', value: 2n ** 64n - 1n },
  { key: 'a.small u64', type: 'u64', value: 7 },
  { key: 'a.i64', type: 'i64', value: -(2n ** 63n) },
  { key: 'a.f64', type: 'f64', value: Math.PI },
  { key: 'b.u8', type: 'array', of: 'u8', values: [0, 255] },
  { key: 'b.i8', type: 'array', of: 'i8', values: [-1] },
  { key: 'b.u32', type: 'array', of: 'u32', values: [2 ** 32 - 1] },
  { key: 'b.i32', type: 'array', of: 'i32', values: [-5, 5] },
  { key: 'b.f32', type: 'array', of: 'f32', values: [1.5, -0] },
  { key: 'b.f64', type: 'array', of: 'f64', values: [1e300] },
  { key: 'b.bool', type: 'array', of: 'bool', values: [true, false] },
  { key: 'b.u64', type: 'array', of: 'u64', values: [2n ** 63n, 1n] },
  { key: 'b.text', type: 'array', of: 'string', values: ['', 'x', '\u4e16'] },
  { key: 'b.empty', type: 'array', of: 'f32', values: [] }
]

describe('readGgufHeader', () => {
  it.each([2, 3])('reads every value type of version %i', (version) => {
    const path = scratch.write(`types-v${version}.gguf`, encodeGgufHeader({ version, entries: everyType, tensors: [] }))
    const header = readGgufHeader(path)
    expect(header.version).toBe(version)
    const entries = Object.fromEntries(header.metadata)
    expect(entries).toEqual({
      'a.u8': 255,
      'a.i8': -128,
      'a.u16': 65_535,
      'a.i16': -32_768,
      'a.u32': 2 ** 32 - 1,
      'a.i32': -(2 ** 31),
      'a.f32': 0.5,
      'a.bool': true,
      'a.text': 'gr\u00fc\u00df \u2581 \ufffd \ufeff',
      'a.u64': 2n ** 64n - 1n,
      'a.small u64': 7,
      'a.i64': -(2n ** 63n),
      'a.f64': Math.PI,
      'b.u8': Uint8Array.of(0, 255),
      'b.i8': Int32Array.of(-1),
      'b.u32': Float64Array.of(2 ** 32 - 1),
      'b.i32': Int32Array.of(-5, 5),
      'b.f32': Float32Array.of(1.5, -0),
      'b.f64': Float64Array.of(1e300),
      'b.bool': [true, false],
      'b.u64': [2n ** 63n, 1],
      'b.text': ['', 'x', '\u4e16'],
      'b.empty': new Float32Array(0)
    })
  })

  it('gives offsets from the start of the file and shapes slowest first', () => {
    const model = smallModel()
    const bytes = encodeModel(model)
    const header = readGgufHeader(scratch.write('small.gguf', bytes), 4)
    const first = header.tensors[0]
    expect(first).toMatchObject({ name: 'token_embd.weight', type: 'F32', shape: [264, 32], file: 4, sizeBytes: 264 * 32 * 4 })
    expect(first?.offsetBytes).toBe(bytes.length - model.data.length)
    expect(header.file.sizeBytes).toBe(bytes.length)
  })

  it.each([8, 64, 4096])('honours general.alignment %i', (alignment) => {
    const entries = withEntry([], { key: 'general.alignment', type: 'u32', value: alignment })
    const tensors = [tensorRecord('a', 'F32', [2], 0), tensorRecord('b', 'F16', [5], alignment)]
    const header = encodeGgufHeader({ entries, tensors, alignmentBytes: alignment })
    const path = scratch.write(`aligned-${alignment}.gguf`, Buffer.concat([header, Buffer.alloc(alignment + 10)]))
    const read = readGgufHeader(path)
    expect(read.alignmentBytes).toBe(alignment)
    expect(read.tensors.map((tensor) => tensor.offsetBytes)).toEqual([header.length, header.length + alignment])
  })

  it('reads tensors in any order in the file, with gaps between them', () => {
    const tensors = [tensorRecord('second', 'F32', [2], 64), tensorRecord('first', 'Q8_0', [1, 32], 0)]
    const path = scratch.write('order.gguf', Buffer.concat([encodeGgufHeader({ entries: [], tensors }), Buffer.alloc(80)]))
    expect(readGgufHeader(path).tensors.map((tensor) => [tensor.name, tensor.sizeBytes])).toEqual([
      ['second', 8],
      ['first', 34]
    ])
  })

  it('reads a header larger than its window without the weights', () => {
    const values = Array.from({ length: 200_000 }, (_, index) => `piece ${index}`)
    const entries: readonly GgufEntry[] = [{ key: 'long', type: 'array', of: 'string', values }]
    const header = readGgufHeader(scratch.write('long.gguf', encodeGgufHeader({ entries, tensors: [] })))
    expect(header.metadata.get('long')).toEqual(values)
  })
})
