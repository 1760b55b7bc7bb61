import { renameSync, rmSync } from 'node:fs'
import { GretaError } from '../../shared/errors'
import { systemReason } from '../../shared/system-errors'

/** For what was begun and cannot be finished: what cannot be removed either is not what the person has to read about. */
export function removeQuietly(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch {
    // Below a file, on a disk that is gone: nothing was written there.
  }
}

/**
 * A file that is there whole or not at all: `write` is given another name beside it, which becomes `path` when it returns. Throws GretaError 'io'.
 */
export function writeWhole(path: string, write: (temporary: string) => void): void {
  const temporary = `${path}.${process.pid}.part`
  try {
    write(temporary)
    renameSync(temporary, path)
  } catch (thrown) {
    removeQuietly(temporary)
    throw new GretaError('io', `${path} could not be written: ${systemReason(thrown)}.`)
  }
}
