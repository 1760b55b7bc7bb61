import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { crc32, inflateRaw } from 'node:zlib'
import { GretaError } from '../../shared/errors'
import { ZIP } from './zip-writer'

/** Bounds that a ZIP from anywhere must keep. What a file claims is checked before anything is allocated for it. */
export interface ZipBounds {
  readonly entries: number
  readonly entryBytes: number
  readonly totalBytes: number
}

interface ZipEntry {
  readonly method: number
  readonly crc: number
  readonly compressedBytes: number
  readonly sizeBytes: number
  readonly offset: number
}

const inflate = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(inflateRaw)
/** Deflate cannot shrink further than this (zlib's technical details): a larger claim is a lie. */
const LARGEST_RATIO = 1032
const LONGEST_COMMENT_BYTES = 0xffff
const LONGEST_NAME_BYTES = 255

function opened(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new GretaError('not-found', `There is no file ${path}.`, 'Check the path.')
    throw new GretaError('io', `${path} could not be opened: ${message}.`)
  }
}

/**
 * Reads entries of a ZIP by name. Nothing of it is ever written to disk under a name that it brings, so a name such as
 * "../../x" is only a name nobody asks for. Every problem is a 'format' error of one sentence.
 */
export class ZipReader {
  private readonly entries = new Map<string, ZipEntry>()
  private readonly file: number
  private readonly sizeBytes: number
  private readonly name: string

  constructor(path: string, bounds: ZipBounds) {
    this.name = basename(path)
    this.file = opened(path)
    try {
      const status = fstatSync(this.file)
      if (!status.isFile()) throw new GretaError('io', `${path} is not a file.`, 'A run bundle is one file that ends in .greta.')
      this.sizeBytes = status.size
      this.readDirectory(bounds)
    } catch (thrown) {
      closeSync(this.file)
      throw thrown
    }
  }

  get names(): readonly string[] {
    return [...this.entries.keys()]
  }

  sizeOf(name: string): number | undefined {
    return this.entries.get(name)?.sizeBytes
  }

  /** The whole content of an entry, checked against its length and checksum. */
  async read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const entry = this.entries.get(name)
    if (entry === undefined) throw this.wrong(`it has no ${name}`)
    const header = this.readAt(entry.offset, ZIP.localHeaderBytes, `the header of ${name}`)
    if (header.getUint32(0, true) !== ZIP.localHeader) throw this.wrong(`${name} does not begin where the directory says`)
    const start = entry.offset + ZIP.localHeaderBytes + header.getUint16(26, true) + header.getUint16(28, true)
    const body = this.readAt(start, entry.compressedBytes, name)
    const raw = new Uint8Array(body.buffer, 0, entry.compressedBytes)
    const content = entry.method === ZIP.stored ? raw : await this.inflated(name, raw, entry.sizeBytes)
    if (content.byteLength !== entry.sizeBytes) throw this.wrong(`${name} has ${content.byteLength} bytes, expected ${entry.sizeBytes}`)
    if (crc32(content) !== entry.crc) throw this.wrong(`the checksum of ${name} is wrong`)
    return content
  }

  close(): void {
    closeSync(this.file)
  }

  private async inflated(name: string, raw: Uint8Array, sizeBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    try {
      // One byte more than claimed is enough to see that the claim was wrong.
      const buffer = await inflate(raw, { maxOutputLength: sizeBytes + 1 })
      return new Uint8Array(buffer) // its own memory, aligned for typed arrays
    } catch {
      throw this.wrong(`${name} cannot be decompressed`)
    }
  }

  private readDirectory(bounds: ZipBounds): void {
    const tailBytes = Math.min(this.sizeBytes, ZIP.endBytes + LONGEST_COMMENT_BYTES)
    const tail = this.readAt(this.sizeBytes - tailBytes, tailBytes, 'the end')
    let at = tailBytes - ZIP.endBytes
    while (at >= 0 && tail.getUint32(at, true) !== ZIP.endOfDirectory) at -= 1
    if (at < 0) throw this.wrong('it has no directory at its end (not a bundle, or cut off)')
    const count = tail.getUint16(at + 10, true)
    const directoryBytes = tail.getUint32(at + 12, true)
    const directoryOffset = tail.getUint32(at + 16, true)
    if (count > bounds.entries) throw this.wrong(`it has ${count} entries; a run has at most ${bounds.entries}`)
    const directory = this.readAt(directoryOffset, directoryBytes, 'the directory')
    let total = 0
    let offset = 0
    for (let index = 0; index < count; index += 1) {
      if (offset + ZIP.centralHeaderBytes > directoryBytes || directory.getUint32(offset, true) !== ZIP.centralHeader)
        throw this.wrong(`entry ${index} of its directory is damaged`)
      const nameBytes = directory.getUint16(offset + 28, true)
      const next =
        offset + ZIP.centralHeaderBytes + nameBytes + directory.getUint16(offset + 30, true) + directory.getUint16(offset + 32, true)
      if (next > directoryBytes || nameBytes > LONGEST_NAME_BYTES) throw this.wrong(`entry ${index} of its directory is damaged`)
      const name = new TextDecoder().decode(new Uint8Array(directory.buffer, offset + ZIP.centralHeaderBytes, nameBytes))
      const entry: ZipEntry = {
        method: directory.getUint16(offset + 10, true),
        crc: directory.getUint32(offset + 16, true),
        compressedBytes: directory.getUint32(offset + 20, true),
        sizeBytes: directory.getUint32(offset + 24, true),
        offset: directory.getUint32(offset + 42, true)
      }
      this.checkEntry(name, entry, directory.getUint16(offset + 8, true), bounds)
      total += entry.sizeBytes
      if (total > bounds.totalBytes) throw this.wrong(`its entries add up to more than ${bounds.totalBytes} bytes`)
      this.entries.set(name, entry)
      offset = next
    }
  }

  private checkEntry(name: string, entry: ZipEntry, flags: number, bounds: ZipBounds): void {
    if (this.entries.has(name)) throw this.wrong(`it has two entries ${JSON.stringify(name)}`)
    if ((flags & 1) !== 0) throw this.wrong(`${JSON.stringify(name)} is encrypted`)
    if (entry.method !== ZIP.deflated && entry.method !== ZIP.stored)
      throw this.wrong(`${JSON.stringify(name)} is compressed by method ${entry.method}, which is not used in bundles`)
    if (entry.sizeBytes > bounds.entryBytes)
      throw this.wrong(`${JSON.stringify(name)} claims ${entry.sizeBytes} bytes; at most ${bounds.entryBytes} are accepted`)
    if (entry.sizeBytes > entry.compressedBytes * LARGEST_RATIO + 64)
      throw this.wrong(`${JSON.stringify(name)} claims more than compression can give`)
    if (entry.offset + ZIP.localHeaderBytes + entry.compressedBytes > this.sizeBytes)
      throw this.wrong(`${JSON.stringify(name)} passes the end of the file`)
  }

  private readAt(offset: number, length: number, what: string): DataView<ArrayBuffer> {
    if (offset < 0 || offset + length > this.sizeBytes) throw this.wrong(`${what} passes the end of the file`)
    const bytes = new Uint8Array(length)
    for (let done = 0; done < length; ) {
      const read = readSync(this.file, bytes, done, length - done, offset + done)
      if (read === 0) throw this.wrong(`${what} passes the end of the file`)
      done += read
    }
    return new DataView(bytes.buffer)
  }

  private wrong(what: string): GretaError {
    return new GretaError('format', `${this.name} is not a whole run bundle: ${what}.`)
  }
}
