import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { GretaError } from '../../shared/errors'
import type { ModelFile, OpenedModel } from '../../shared/model/description'

/** A system call's failure as one sentence. `doing` completes "Cannot … PATH". */
export function fileError(thrown: unknown, doing: string, path: string): GretaError {
  if (thrown instanceof GretaError) return thrown
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code
  if (code === 'ENOENT' || code === 'ENOTDIR') return new GretaError('not-found', `There is no file ${path}.`, 'Check the path.')
  if (code === 'EACCES' || code === 'EPERM') {
    return new GretaError('io', `Cannot ${doing} ${path}: permission denied.`, 'Change its permissions or run as a user who may read it.')
  }
  return new GretaError('io', `Cannot ${doing} ${path}: ${thrown instanceof Error ? thrown.message : String(thrown)}.`)
}

/** Size and change time of a regular file. A directory, device or pipe is refused: opening one could block or never end. */
function statModelFile(path: string): ModelFile {
  try {
    const facts = statSync(path)
    if (!facts.isFile()) throw new GretaError('format', `${path} is not a regular file, so it cannot be a model file.`)
    return { path, sizeBytes: facts.size, modifiedMilliseconds: facts.mtimeMs }
  } catch (thrown) {
    throw fileError(thrown, 'look at', path)
  }
}

/**
 * Throws when a file of the model is gone, has another size or was written to since it was opened. Called before weights
 * are mapped: reading a mapping beyond the end of a file that shrank would end the process.
 */
export function verifyFilesUnchanged(opened: Pick<OpenedModel, 'files'>): void {
  for (const file of opened.files) {
    const now = statModelFile(file.path)
    const name = basename(file.path)
    if (now.sizeBytes !== file.sizeBytes) {
      const change = now.sizeBytes < file.sizeBytes ? 'shrank' : 'grew'
      throw new GretaError(
        'io',
        `${name} ${change} after it was opened: it had ${file.sizeBytes} bytes, now it has ${now.sizeBytes}.`,
        'Wait until whatever writes it is done, then open the model again.'
      )
    }
    if (now.modifiedMilliseconds !== file.modifiedMilliseconds) {
      throw new GretaError('io', `${name} was written to after it was opened.`, 'Open the model again.')
    }
  }
}

const WINDOW_BYTES = 1 << 20

/**
 * Reads pieces of one file by position through a window, so that a header of any size costs about a megabyte of memory
 * and weights are never read. Synchronous: a header is a few megabytes, read once.
 */
export class FileWindow {
  /** What `locate` points into. Replaced when the window moves. */
  bytes: Buffer = Buffer.alloc(0)
  private start = 0

  private constructor(
    private readonly descriptor: number,
    readonly file: ModelFile
  ) {}

  /** Opens the file, hands the window to `use` and closes the file whatever happens. */
  static use<T>(path: string, use: (window: FileWindow) => T): T {
    const file = statModelFile(path)
    let descriptor: number
    try {
      descriptor = openSync(path, 'r')
    } catch (thrown) {
      throw fileError(thrown, 'open', path)
    }
    try {
      return use(new FileWindow(descriptor, file))
    } finally {
      closeSync(descriptor)
    }
  }

  get name(): string {
    return basename(this.file.path)
  }

  get sizeBytes(): number {
    return this.file.sizeBytes
  }

  /** Makes bytes [offset, offset + length), which must lie in the file, present and returns where in `bytes` they begin. */
  locate(offset: number, length: number): number {
    if (offset + length > this.sizeBytes || offset < 0 || length < 0) {
      throw new GretaError('internal', `Read of bytes ${offset} to ${offset + length} outside ${this.name} (${this.sizeBytes} bytes).`)
    }
    const inside = offset - this.start
    if (inside >= 0 && inside + length <= this.bytes.length) return inside
    this.fill(offset, length)
    return 0
  }

  /** The same bytes as a view, valid until the next call: copy what you keep. */
  view(offset: number, length: number): Buffer {
    const at = this.locate(offset, length)
    return this.bytes.subarray(at, at + length)
  }

  private fill(offset: number, length: number): void {
    const wanted = Math.min(Math.max(length, WINDOW_BYTES), this.sizeBytes - offset)
    const next = Buffer.allocUnsafe(wanted)
    let have = 0
    while (have < wanted) {
      let got: number
      try {
        got = readSync(this.descriptor, next, have, wanted - have, offset + have)
      } catch (thrown) {
        throw fileError(thrown, 'read', this.file.path)
      }
      if (got === 0) {
        throw new GretaError(
          'io',
          `${this.name} shrank while it was read: ${this.sizeBytes} bytes expected, ${offset + have} found.`,
          'Wait until whatever writes it is done, then open the model again.'
        )
      }
      have += got
    }
    this.bytes = next
    this.start = offset
  }
}
