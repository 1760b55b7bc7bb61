import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '../engine/formats/make-folder'
import { GretaError } from '../shared/errors'
import { LIMITS } from '../shared/protocol'

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
    makeFolder(this.folder)
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
    if (!fits || sequence !== upload.nextSequence) return this.cancel(number)
    try {
      for (let done = 0; done < bytes.byteLength; ) done += writeSync(upload.file, bytes, done)
    } catch (thrown) {
      this.cancel(number) // a full disk: what was written makes room again
      throw thrown
    }
    upload.received += bytes.byteLength
    upload.nextSequence += 1
  }

  receivedBytes(number: number): number {
    return this.require(number).received
  }

  end(number: number): { readonly path: string; readonly sizeBytes: number } {
    const upload = this.require(number)
    if (upload.received !== upload.sizeBytes) {
      this.cancel(number)
      throw new GretaError('io', `Upload ${number} has ${upload.received} of ${upload.sizeBytes} bytes.`, 'Send the file again.')
    }
    closeSync(upload.file)
    this.open.delete(number)
    return { path: upload.path, sizeBytes: upload.sizeBytes }
  }

  /** Removes what came of an upload that is not whole; nothing where there is none. */
  cancel(number: number): void {
    const upload = this.open.get(number)
    if (upload === undefined) return
    closeSync(upload.file)
    rmSync(upload.path, { force: true })
    this.open.delete(number)
  }

  close(): void {
    for (const number of this.open.keys()) this.cancel(number)
    rmSync(this.folder, { recursive: true, force: true })
  }

  private require(number: number): Upload {
    const upload = this.open.get(number)
    if (upload === undefined)
      throw new GretaError('not-found', `Upload ${number} was given up: a part was missing, too large or could not be written.`)
    return upload
  }
}

/** The uploads of one page: it touches no other's, and what is unfinished goes with it. */
export class PageUploads {
  private readonly begun = new Set<number>()
  constructor(private readonly uploads: Uploads) {}

  begin(name: string, sizeBytes: number): number {
    const upload = this.uploads.begin(name, sizeBytes)
    this.begun.add(upload)
    return upload
  }
  chunk(upload: number, sequence: number, bytes: Uint8Array): void {
    this.uploads.chunk(this.own(upload), sequence, bytes)
  }
  receivedBytes(upload: number): number {
    return this.uploads.receivedBytes(this.own(upload))
  }
  end(upload: number): { readonly path: string; readonly sizeBytes: number } {
    return this.uploads.end(this.own(upload))
  }
  cancel(upload: number): void {
    this.uploads.cancel(this.own(upload))
  }
  /** The page is gone. */
  close(): void {
    for (const upload of this.begun) this.uploads.cancel(upload)
    this.begun.clear()
  }

  /** No upload has the number 0: what is not this page's is not there. */
  private own(upload: number): number {
    return this.begun.has(upload) ? upload : 0
  }
}
