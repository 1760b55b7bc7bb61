import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { LIMITS } from '../shared/protocol'
import { listFolder, Uploads } from './file-service'

const folder = mkdtempSync(join(tmpdir(), 'greta-files-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('uploads', () => {
  test('chunks become a file of the engine’s machine, which goes with the process', () => {
    const uploads = new Uploads(folder)
    const upload = uploads.begin('../../story.greta', 5)
    uploads.chunk(upload, 0, Uint8Array.of(1, 2, 3))
    uploads.chunk(upload, 1, Uint8Array.of(4, 5))
    const { path } = uploads.end(upload)
    expect(path.startsWith(folder) && path.endsWith('.greta')).toBe(true)
    expect([...readFileSync(path)]).toEqual([1, 2, 3, 4, 5])
    uploads.close()
    expect(existsSync(path)).toBe(false)
  })
  test('what is too much, out of order or too little is given up', () => {
    const uploads = new Uploads(folder)
    const tooMuch = uploads.begin('a.gguf', 2)
    uploads.chunk(tooMuch, 0, new Uint8Array(3))
    expect(() => uploads.end(tooMuch)).toThrow('was given up')
    const outOfOrder = uploads.begin('a.gguf', 2)
    uploads.chunk(outOfOrder, 1, new Uint8Array(1))
    expect(() => uploads.end(outOfOrder)).toThrow('was given up')
    const tooLarge = uploads.begin('a.gguf', LIMITS.uploadBytes)
    uploads.chunk(tooLarge, 0, new Uint8Array(LIMITS.uploadChunkBytes + 1))
    expect(() => uploads.end(tooLarge)).toThrow('was given up')
    const tooLittle = uploads.begin('a.gguf', 2)
    expect(() => uploads.end(tooLittle)).toThrow('has 0 of 2 bytes')
    uploads.chunk(999, 0, new Uint8Array(1))
    for (let open = 0; open < 4; open += 1) uploads.begin('x', 1)
    expect(() => uploads.begin('x', 1)).toThrow('being sent already')
    uploads.close()
  })
})

test('a folder shows folders, models and runs, nothing else', () => {
  const inside = join(folder, 'listing')
  mkdirSync(join(inside, 'hf'), { recursive: true })
  mkdirSync(join(inside, 'plain'))
  for (const name of ['a.gguf', 'b.greta', 'c.txt', '.hidden.gguf', 'hf/config.json', 'hf/model.safetensors'])
    writeFileSync(join(inside, name), 'x')
  expect(listFolder(inside).entries.map(({ name, kind }) => [name, kind])).toEqual([
    ['plain', 'folder'],
    ['a.gguf', 'model'],
    ['b.greta', 'run'],
    ['hf', 'model-folder']
  ])
  expect(() => listFolder(join(folder, 'nowhere'))).toThrow('cannot be read')
})
