import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { GretaError } from '../shared/errors'
import { type FolderListing, LIMITS } from '../shared/protocol'

const MOST_ENTRIES = 2000
type Entry = FolderListing['entries'][number]

/** Folders, models and runs of this machine, for a page that has no file dialog. Names and sizes only. */
export function listFolder(path: string | undefined): FolderListing {
  const folder = resolve(path ?? homedir())
  let names: readonly string[]
  try {
    names = readdirSync(folder)
  } catch (thrown) {
    throw new GretaError('io', `The folder ${folder} cannot be read: ${(thrown as Error).message}.`)
  }
  const entries: Entry[] = []
  for (const name of names) {
    if (name.startsWith('.')) continue
    const entryPath = join(folder, name)
    const entry = statSync(entryPath, { throwIfNoEntry: false })
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

interface Upload {
  readonly path: string
  readonly file: number
  readonly sizeBytes: number
  received: number
  nextSequence: number
}
const MOST_UPLOADS = 4

/** Files that pages send in chunks. They lie in a folder of this process and are removed when it ends. */
export class Uploads {
  private readonly folder: string
  private readonly open = new Map<number, Upload>()
  private nextUpload = 1

  constructor(dataFolder: string) {
    this.folder = join(dataFolder, `uploads-${process.pid}`)
  }

  begin(name: string, sizeBytes: number): number {
    if (this.open.size >= MOST_UPLOADS) throw new GretaError('busy', `${MOST_UPLOADS} files are being sent already.`)
    mkdirSync(this.folder, { recursive: true })
    const upload = this.nextUpload++
    // The name only gives the file its ending: it is never used as a path.
    const ending = /\.(greta|gguf|safetensors)$/.exec(name)?.[0] ?? '.bin'
    const path = join(this.folder, `${upload}${ending}`)
    this.open.set(upload, { path, file: openSync(path, 'w'), sizeBytes, received: 0, nextSequence: 0 })
    return upload
  }

  chunk(number: number, sequence: number, bytes: Uint8Array): void {
    const upload = this.open.get(number)
    if (upload === undefined) return
    const fits = bytes.byteLength <= LIMITS.uploadChunkBytes && upload.received + bytes.byteLength <= upload.sizeBytes
    if (!fits || sequence !== upload.nextSequence) return this.abandon(number)
    for (let done = 0; done < bytes.byteLength; ) done += writeSync(upload.file, bytes, done)
    upload.received += bytes.byteLength
    upload.nextSequence += 1
  }

  end(number: number): { readonly path: string; readonly sizeBytes: number } {
    const upload = this.open.get(number)
    if (upload === undefined) throw new GretaError('not-found', `Upload ${number} was given up: a part was missing or too large.`)
    if (upload.received !== upload.sizeBytes) {
      this.abandon(number)
      throw new GretaError('io', `Upload ${number} has ${upload.received} of ${upload.sizeBytes} bytes.`, 'Send the file again.')
    }
    closeSync(upload.file)
    this.open.delete(number)
    return { path: upload.path, sizeBytes: upload.sizeBytes }
  }

  close(): void {
    for (const number of this.open.keys()) this.abandon(number)
    rmSync(this.folder, { recursive: true, force: true })
  }

  private abandon(number: number): void {
    const upload = this.open.get(number)
    if (upload === undefined) return
    closeSync(upload.file)
    rmSync(upload.path, { force: true })
    this.open.delete(number)
  }
}
