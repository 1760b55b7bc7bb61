import { accessSync, constants } from 'node:fs'
import { makeFolder } from '../engine/formats/make-folder'
import { GretaError } from '../shared/errors'

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'writing there is not permitted',
  EPERM: 'writing there is not permitted',
  EROFS: 'its disk is read-only',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a file is in the way',
  EEXIST: 'a file is in the way',
  ENOENT: 'no folder can be made there'
}

/** Makes the folder of settings and runs where it is absent. Throws GretaError 'io' for one that nothing can be written to. */
export function openDataFolder(folder: string): void {
  try {
    makeFolder(folder)
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException
    throw new GretaError(
      'io',
      `The data folder ${folder} cannot be used: ${REASONS[code ?? ''] ?? message}.`,
      'Set GRETA_DATA_DIR to a folder that can be written to.'
    )
  }
}
