import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { makeFolder } from './make-folder'

const scratch = mkdtempSync(join(tmpdir(), 'greta-folders-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe('makeFolder', () => {
  it('makes what is absent and says what that was', () => {
    expect(makeFolder(join(scratch, 'a/b/c'))).toEqual(['a', 'a/b', 'a/b/c'].map((name) => join(scratch, name)))
    expect(makeFolder(join(scratch, 'a/b/d'))).toEqual([join(scratch, 'a/b/d')])
    expect(makeFolder(join(scratch, 'a/b'))).toEqual([])
  })

  it('fails where a file or a broken link is in the way', () => {
    const file = join(scratch, 'file')
    writeFileSync(file, '')
    symlinkSync(join(scratch, 'nothing'), join(scratch, 'link'))
    for (const path of [file, join(file, 'below'), join(scratch, 'link')]) expect(() => makeFolder(path), path).toThrow()
  })

  it('ends where the system says "not found" below a folder that is there', () => {
    if (existsSync('/proc')) expect(() => makeFolder('/proc/greta/below')).toThrow('ENOENT')
  })
})
