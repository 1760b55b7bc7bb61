import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { GretaError } from '../../../shared/errors'
import { createScratch } from '../testing/scratch'
import { encodeSafetensors, encodeSafetensorsParts } from '../writing/safetensors-encoder'
import { readSafetensorsHeader } from './read-header'

const scratch = createScratch()
const f16 = (begin: number, end: number, shape: readonly number[]): unknown => ({ dtype: 'F16', shape, data_offsets: [begin, end] })
const file = (header: unknown, dataBytes: number): Uint8Array => encodeSafetensorsParts(JSON.stringify(header), [new Uint8Array(dataBytes)])

describe('readSafetensorsHeader', () => {
  it('reads what encodeSafetensors writes', () => {
    const bytes = encodeSafetensors(
      [
        { name: 'a', dtype: 'F32', shape: [2, 3], bytes: new Uint8Array(24) },
        { name: 'scalar', dtype: 'BF16', shape: [], bytes: new Uint8Array(2) },
        { name: 'empty', dtype: 'I64', shape: [0, 4], bytes: new Uint8Array(0) }
      ],
      { format: 'pt' }
    )
    const header = readSafetensorsHeader(scratch.write('good.safetensors', bytes))
    expect(header.metadata.get('format')).toBe('pt')
    expect(header.entries.map((entry) => [entry.name, entry.offsetBytes - (bytes.length - 26), entry.sizeBytes])).toEqual([
      ['a', 0, 24],
      ['scalar', 24, 2],
      ['empty', 26, 0]
    ])
  })

  it.each<readonly [string, () => Uint8Array, RegExp]>([
    ['an empty file', () => new Uint8Array(0), /0 bytes are too few/u],
    ['a header beyond the file', () => encodeSafetensorsParts('{}', [], 2 ** 40), /claims 1099511627776 bytes, but only/u],
    ['a header length of 2^64-1', () => encodeSafetensorsParts('{}', [], 2n ** 64n - 1n), /claims 18446744073709551615 bytes/u],
    ['a header that is not an object', () => encodeSafetensorsParts('[1]     ', []), /does not start with "\{"/u],
    ['a header that is not JSON', () => encodeSafetensorsParts('{"a":', []), /not valid JSON/u],
    ['a header that is not UTF-8', () => Buffer.from('02000000000000007bff', 'hex'), /not valid UTF-8/u],
    ['deep nesting', () => encodeSafetensorsParts(`{"a":${'['.repeat(1000)}`, []), /nests deeper than 3 levels/u],
    [
      'a tensor twice',
      () =>
        encodeSafetensorsParts(
          '{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}',
          [new Uint8Array(2)]
        ),
      /the key "a" twice/u
    ],
    ['an unknown dtype', () => file({ a: { dtype: 'F12', shape: [1], data_offsets: [0, 2] } }, 2), /unknown dtype "F12"/u],
    [
      'a dtype of Object.prototype',
      () => file({ a: { dtype: 'constructor', shape: [1], data_offsets: [0, 2] } }, 2),
      /unknown dtype "constructor"/u
    ],
    ['a negative dimension', () => file({ a: f16(0, 2, [-1]) }, 2), /shape that is not/u],
    ['a fractional dimension', () => file({ a: f16(0, 2, [0.5]) }, 2), /shape that is not/u],
    ['a size that overflows', () => file({ a: f16(0, 2, [2 ** 40, 2 ** 40]) }, 2), /overflows/u],
    ['offsets backwards', () => file({ a: f16(2, 0, [1]) }, 2), /span -2/u],
    ['offsets of another length', () => file({ a: f16(0, 4, [1]) }, 4), /2 bytes, but its data_offsets span 4/u],
    [
      'half a byte',
      () => file({ a: { dtype: 'F4', shape: [3], data_offsets: [0, 1] } }, 1),
      /12 bits, which is not a whole number of bytes/u
    ],
    ['a hole', () => file({ a: f16(0, 2, [1]), b: f16(4, 6, [1]) }, 6), /leaves a hole before it/u],
    ['an overlap', () => file({ a: f16(0, 4, [2]), b: f16(2, 4, [1]) }, 4), /overlaps the tensor before it/u],
    ['data that is missing', () => file({ a: f16(0, 4, [2]) }, 2), /tensors end at byte \d+, but the file has/u],
    ['data too many', () => file({ a: f16(0, 4, [2]) }, 6), /tensors end at byte \d+, but the file has/u],
    ['metadata that is not text', () => file({ __metadata__: { a: 1 } }, 0), /__metadata__ entry "a" is 1; expected text/u]
  ])('refuses %s', (_what, bytes, message) => {
    const path = scratch.write('bad.safetensors', bytes())
    expect(() => readSafetensorsHeader(path)).toThrow(message)
    expect(() => readSafetensorsHeader(path)).toThrow(GretaError)
  })

  it('is not fooled by a tensor named __proto__', () => {
    const text = '{"__proto__":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}'
    const header = readSafetensorsHeader(scratch.write('proto.safetensors', encodeSafetensorsParts(text, [new Uint8Array(2)])))
    expect(header.entries.map((entry) => entry.name)).toEqual(['__proto__'])
  })

  const cases = '../shared/gguf-cases/safetensors'
  it.skipIf(!existsSync(cases))(`reads the files of ${cases}, whatever their dtypes (skipped where it is absent)`, () => {
    const names = readdirSync(cases)
    expect(names).toHaveLength(10)
    for (const name of names) expect(readSafetensorsHeader(`${cases}/${name}`).entries.length).toBeGreaterThan(0)
  })
})
