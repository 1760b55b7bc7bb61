import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { HostLog } from './log'
import { openDataFolder } from './open-data-folder'

const scratch = mkdtempSync(join(tmpdir(), 'greta-data-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe('the data folder', () => {
  it('is made where it is absent', () => {
    openDataFolder(join(scratch, 'a/b'))
    expect(existsSync(join(scratch, 'a/b'))).toBe(true)
  })

  it('is refused in one sentence where it cannot be', () => {
    const file = join(scratch, 'file')
    writeFileSync(file, '')
    expect(() => openDataFolder(file)).toThrow(`The data folder ${file} cannot be used: a file is in the way.`)
    expect(() => openDataFolder(join(file, 'below'))).toThrow('a file is in the way')
    if (existsSync('/proc')) expect(() => openDataFolder('/proc/greta')).toThrow('no folder can be made there')
  })
})

describe('the log of the host', () => {
  it.runIf(existsSync('/dev/full'))('does not end the host when the disk is full', () => {
    const log = new HostLog()
    // host.log of this folder is a disk that is always full.
    const folder = join(scratch, 'full')
    openDataFolder(folder)
    symlinkSync('/dev/full', join(folder, 'host.log'))
    log.openFile(folder)
    expect(() => log.warn('a test: the disk is full')).not.toThrow()
  })
})
