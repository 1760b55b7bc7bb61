import { readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { GretaError } from '../shared/errors'
import type { FolderListing } from '../shared/protocol'
import { systemReason } from '../shared/system-errors'
import { statEntry } from './stat-entry'

const MOST_ENTRIES = 2000
type Entry = FolderListing['entries'][number]

/** Folders, models and runs of this machine, for a page that has no file dialog. Names and sizes only. */
export function listFolder(path: string | undefined): FolderListing {
  const folder = resolve(path ?? homedir())
  let names: readonly string[]
  try {
    names = readdirSync(folder)
  } catch (thrown) {
    throw new GretaError('io', `The folder ${folder} cannot be read: ${systemReason(thrown)}.`)
  }
  const entries: Entry[] = []
  for (const name of names) {
    if (name.startsWith('.')) continue
    const entryPath = join(folder, name)
    const entry = statEntry(entryPath)
    if (entry === undefined) continue
    const kind = entry.isDirectory() ? folderKind(entryPath) : fileKind(name)
    if (kind !== undefined) entries.push({ name, path: entryPath, kind, sizeBytes: entry.isFile() ? entry.size : 0 })
    if (entries.length >= MOST_ENTRIES) break
  }
  const isFolder = (entry: Entry): number => (entry.kind === 'folder' ? 0 : 1)
  entries.sort((a, b) => isFolder(a) - isFolder(b) || a.name.localeCompare(b.name))
  const parent = dirname(folder)
  return { path: folder, ...(parent === folder ? {} : { parent }), entries }
}

const fileKind = (name: string): Entry['kind'] | undefined =>
  name.endsWith('.gguf') || name.endsWith('.safetensors') ? 'model' : name.endsWith('.greta') ? 'run' : undefined

function folderKind(path: string): Entry['kind'] {
  try {
    const names = readdirSync(path)
    const isModel = names.includes('config.json') && names.some((name) => name.endsWith('.safetensors'))
    return isModel ? 'model-folder' : 'folder'
  } catch {
    return 'folder'
  }
}
