import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openModel } from '../open-model'
import { createScratch } from '../testing/scratch'
import { align32, smallModel } from '../testing/tiny-gguf'
import { encodeGgufHeader, type GgufEntry } from '../writing/gguf-encoder'
import { weightBytesOf } from '../weight-data'
import { parseSplitName, splitName } from './split'

const scratch = createScratch()
const model = smallModel()
const u16 = (key: string, value: number): GgufEntry => ({ key, type: 'u16', value })

/** Writes the small model as `count` parts, tensors dealt out in turn. `change` edits the entries of one part. */
function writeSplit(
  stem: string,
  count: number,
  change: (part: number, entries: readonly GgufEntry[]) => readonly GgufEntry[] = (_, e) => e
): readonly string[] {
  return Array.from({ length: count }, (_, part) => {
    let dataOffset = 0
    const data: Uint8Array[] = []
    const tensors = model.tensors.flatMap((tensor, index) => {
      if (index % count !== part) return []
      const start = Number(tensor.dataOffset)
      const next = model.tensors[index + 1]
      const bytes = model.data.subarray(start, next === undefined ? undefined : Number(next.dataOffset))
      const placed = { ...tensor, dataOffset }
      data.push(bytes)
      dataOffset += align32(bytes.length)
      return [placed]
    })
    const own = [
      u16('split.no', part),
      u16('split.count', count),
      { key: 'split.tensors.count', type: 'i32', value: model.tensors.length } as const
    ]
    const entries = change(part, part === 0 ? [...model.entries, ...own] : own)
    const bytes = Buffer.concat([encodeGgufHeader({ entries, tensors }), ...data])
    return scratch.write(splitName(stem, part + 1, count), bytes)
  })
}

const opening = async (path: string): Promise<string> =>
  openModel(path).then(
    () => 'opened',
    (thrown: Error) => thrown.message
  )

describe('split names', () => {
  it('are taken apart and put together', () => {
    expect(parseSplitName('a-b-00002-of-00013.gguf')).toEqual({ stem: 'a-b', part: 2, count: 13 })
    expect(parseSplitName('model.gguf')).toBeUndefined()
    expect(splitName('a-b', 2, 13)).toBe('a-b-00002-of-00013.gguf')
  })
})

describe('split models', () => {
  it.each([1, 2, 3])('open from part %i as one model', async (part) => {
    const paths = writeSplit(`whole${part}`, 3)
    const opened = await openModel(paths[part - 1] as string)
    expect(opened.files.map((file) => file.path)).toEqual(paths)
    expect(opened.runnable?.config.layerCount).toBe(1)
    expect(opened.tokenizer?.pieces).toHaveLength(264)
    for (const [index, record] of model.tensors.entries()) {
      const tensor = opened.tensors.find(({ name }) => name === record.name)
      expect(tensor?.file).toBe(index % 3)
      const start = Number(record.dataOffset)
      if (tensor !== undefined)
        expect(Buffer.compare(weightBytesOf(opened, tensor), model.data.subarray(start, start + tensor.sizeBytes))).toBe(0)
    }
  })

  it('open from a folder that holds nothing else', async () => {
    const folder = scratch.path('folder')
    mkdirSync(folder)
    for (const path of writeSplit('inside', 2)) renameSync(path, join(folder, basename(path)))
    expect((await openModel(folder)).files).toHaveLength(2)
    writeFileSync(join(folder, 'other.gguf'), '')
    expect(await opening(folder)).toMatch(/holds 3 .gguf files/u)
  })

  it('say which part is missing', async () => {
    const paths = writeSplit('missing', 3)
    const other = paths[0]?.replace('-00003.gguf', '-00004.gguf') as string
    scratch.write('missing-00001-of-00004.gguf', encodeGgufHeader({ entries: [u16('split.no', 0), u16('split.count', 4)], tensors: [] }))
    expect(await opening(other)).toMatch(/Part 2 of 4 is missing: there is no file .*missing-00002-of-00004.gguf/u)
  })

  it.each([
    [
      'a part that says it is another',
      (part: number, entries: readonly GgufEntry[]) => (part === 1 ? [u16('split.no', 0), u16('split.count', 2)] : entries),
      /part 1 of 2/u
    ],
    [
      'a part of a larger set',
      (part: number, entries: readonly GgufEntry[]) => (part === 1 ? [u16('split.no', 1), u16('split.count', 9)] : entries),
      /part 2 of 9/u
    ],
    [
      'a wrong tensor count',
      (_: number, entries: readonly GgufEntry[]) =>
        entries.map((entry) => (entry.key === 'split.tensors.count' ? ({ ...entry, value: 99 } as GgufEntry) : entry)),
      /hold 12 tensors together, but the first says 99/u
    ],
    [
      'a split.count of text',
      (_: number, entries: readonly GgufEntry[]) =>
        entries.map((entry) => (entry.key === 'split.count' ? ({ key: 'split.count', type: 'string', value: 'x' } as const) : entry)),
      /split.count is "x"/u
    ]
  ])('refuse %s', async (what, change, message) => {
    const paths = writeSplit(what.replaceAll(' ', '-'), 2, change)
    expect(await opening(paths[0] as string)).toMatch(message)
  })

  it('refuse a tensor in two parts', async () => {
    const record = model.tensors[1]
    const write = (part: number): string =>
      scratch.write(
        splitName('double', part, 2),
        Buffer.concat([
          encodeGgufHeader({ entries: [], tensors: record === undefined ? [] : [{ ...record, dataOffset: 0 }] }),
          Buffer.alloc(4096)
        ])
      )
    write(2)
    expect(await opening(write(1))).toMatch(/is in both double-00001-of-00002.gguf and double-00002-of-00002.gguf/u)
  })

  it.each(['x-00000-of-00002.gguf', 'x-00003-of-00002.gguf', 'x-00001-of-00000.gguf', 'x-00001-of-99999.gguf'])(
    'refuse the name %s',
    async (name) => {
      expect(await opening(scratch.write(name, encodeGgufHeader({ entries: [], tensors: [] })))).toMatch(
        /parts count from 1 and at most 1000 are read/u
      )
    }
  )

  it('refuse a part that lost its name', async () => {
    const bytes = encodeGgufHeader({ entries: [...model.entries, u16('split.no', 0), u16('split.count', 3)], tensors: [] })
    expect(await opening(scratch.write('renamed.gguf', bytes))).toMatch(
      /one of 3 parts .* its name does not end in "-0000N-of-00003.gguf"/u
    )
  })
})
