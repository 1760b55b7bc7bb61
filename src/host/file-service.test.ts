import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { listFolder } from './file-service'

const folder = mkdtempSync(join(tmpdir(), 'greta-files-'))
afterAll(() => rmSync(folder, { recursive: true }))

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
  // A link to itself is no reason to show nothing.
  symlinkSync('loop.gguf', join(inside, 'loop.gguf'))
  expect(listFolder(inside).entries).toHaveLength(4)
  expect(() => listFolder(join(folder, 'nowhere'))).toThrow('cannot be read')
})
