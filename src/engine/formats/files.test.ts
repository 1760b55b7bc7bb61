import { appendFileSync, truncateSync, utimesSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { verifyFilesUnchanged } from './files'
import { openModel } from './open-model'
import { createScratch } from './testing/scratch'
import { encodeModel, smallModel } from './testing/tiny-gguf'
import { weightBytesOf } from './weight-data'

const scratch = createScratch()
const model = smallModel()
const bytes = encodeModel(model)
const write = (name: string): string => scratch.write(name, bytes)
const messageOf = (action: () => unknown): string => {
  try {
    action()
    return 'nothing was thrown'
  } catch (thrown) {
    return (thrown as Error).message
  }
}

describe('verifyFilesUnchanged', () => {
  it('says nothing about a file that stayed', async () => {
    const opened = await openModel(write('stays.gguf'))
    expect(() => verifyFilesUnchanged(opened)).not.toThrow()
  })

  it('names a file that shrank, grew, was touched or is gone', async () => {
    const path = write('changes.gguf')
    const opened = await openModel(path)
    truncateSync(path, bytes.length - 1)
    expect(messageOf(() => verifyFilesUnchanged(opened))).toBe(
      `changes.gguf shrank after it was opened: it had ${bytes.length} bytes, now it has ${bytes.length - 1}.`
    )
    appendFileSync(path, 'ab')
    expect(messageOf(() => verifyFilesUnchanged(opened))).toMatch(/grew after it was opened/u)
    truncateSync(path, bytes.length)
    utimesSync(path, 1, 1)
    expect(messageOf(() => verifyFilesUnchanged(opened))).toMatch(/was written to after it was opened/u)
    const gone = { files: opened.files.map((file) => ({ ...file, path: scratch.path('gone.gguf') })) }
    expect(messageOf(() => verifyFilesUnchanged(gone))).toMatch(/There is no file .*gone.gguf/u)
  })
})

describe('weightBytesOf', () => {
  it('gives a tensor, or a slice of it, as it lies in the file', async () => {
    const opened = await openModel(write('weights.gguf'))
    for (const [index, tensor] of opened.tensors.entries()) {
      const start = Number(model.tensors[index]?.dataOffset)
      const expected = model.data.subarray(start, start + tensor.sizeBytes)
      expect(Buffer.compare(weightBytesOf(opened, tensor), expected)).toBe(0)
      const slice = weightBytesOf(opened, tensor, { offsetBytes: 8, lengthBytes: 12 })
      expect(Buffer.compare(slice, expected.subarray(8, 20))).toBe(0)
    }
  })

  it.each([
    { offsetBytes: -1 },
    { offsetBytes: 1e9 },
    { lengthBytes: -1 },
    { offsetBytes: 4, lengthBytes: 1e9 },
    { offsetBytes: Number.NaN },
    { offsetBytes: 0.5, lengthBytes: 1 }
  ])('refuses the slice %o', async (slice) => {
    const opened = await openModel(write('slices.gguf'))
    const tensor = opened.tensors[0]
    if (tensor !== undefined)
      expect(messageOf(() => weightBytesOf(opened, tensor, slice))).toMatch(/were asked of tensor token_embd.weight, which has 33792/u)
  })

  it('refuses to read a file that shrank', async () => {
    const path = write('shrinks.gguf')
    const opened = await openModel(path)
    const tensor = opened.tensors.at(-1)
    truncateSync(path, bytes.length - 100)
    if (tensor !== undefined) expect(messageOf(() => weightBytesOf(opened, tensor))).toMatch(/changed after it was opened/u)
  })
})

describe('openModel', () => {
  it.each([
    ['a path that is not there', '/nowhere/model.gguf', /There is no file/u],
    ['a device', '/dev/zero', /not a regular file/u],
    ['a folder without a model', import.meta.dirname, /holds no model/u]
  ])('refuses %s', async (_what, path, message) => {
    await expect(openModel(path)).rejects.toThrow(message)
  })
})
