import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Makes a folder and those above it that are not there; returns the made ones, outermost first. Throws what mkdir reports.
 * Node's own recursive mkdir never ends where the system calls the child of a folder that is there "not found": below /proc, and
 * below the root of an automounter.
 */
export function makeFolder(path: string): readonly string[] {
  const absent: string[] = []
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) absent.unshift(folder)
  // Something that is no folder may be there already.
  if (absent.length === 0) mkdirSync(path, { recursive: true })
  for (const folder of absent) {
    try {
      mkdirSync(folder)
    } catch (thrown) {
      // Somebody else was quicker.
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(folder).isDirectory()) throw thrown
    }
  }
  return absent
}
