import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A folder for one test file, removed when its tests are done. */
export interface Scratch {
  readonly folder: string
  path(name: string): string
  /** Writes bytes or text to a file of the folder and returns its path. */
  write(name: string, content: Uint8Array | string): string
}

export function createScratch(): Scratch {
  const folder = mkdtempSync(join(tmpdir(), 'greta-formats-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const path = (name: string): string => join(folder, name)
  return {
    folder,
    path,
    write: (name, content) => {
      writeFileSync(path(name), content)
      return path(name)
    }
  }
}
