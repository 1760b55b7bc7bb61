import { accessSync, constants } from 'node:fs'
import { makeFolder } from '../engine/formats/make-folder'
import { GretaError } from '../shared/errors'
import { systemReason } from '../shared/system-errors'

/** Makes the folder of settings and runs where it is absent. Throws GretaError 'io' for one that nothing can be written to. */
export function openDataFolder(folder: string): void {
  try {
    makeFolder(folder)
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (thrown) {
    throw new GretaError(
      'io',
      `The data folder ${folder} cannot be used: ${systemReason(thrown)}.`,
      'Set GRETA_DATA_DIR to a folder that can be written to.'
    )
  }
}
