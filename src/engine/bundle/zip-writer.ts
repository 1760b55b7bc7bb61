import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { crc32, deflateRaw } from 'node:zlib'
import { GretaError } from '../../shared/errors'

/**
 * ZIP (PKWARE APPNOTE 6.3.4) with exactly what a run bundle needs: deflated entries, UTF-8 names, no ZIP64, no comments, a
 * fixed date, so that the same run gives the same bytes.
 */
export const ZIP = {
  localHeader: 0x04034b50,
  centralHeader: 0x02014b50,
  endOfDirectory: 0x06054b50,
  localHeaderBytes: 30,
  centralHeaderBytes: 46,
  endBytes: 22,
  deflated: 8,
  stored: 0,
  /** Names are UTF-8. */
  utf8Flag: 0x0800
} as const

/** 1980-01-01 00:00, the earliest a ZIP can say. */
const FIXED_DATE = 0x0021
const VERSION_NEEDED = 20
/** Beyond these a ZIP needs ZIP64; a run that large is refused in words. */
const LARGEST_BYTES = 0xffff_fffe

const compress = promisify<Uint8Array, { level: number }, Buffer>(deflateRaw)

interface WrittenEntry {
  readonly name: Uint8Array
  readonly crc: number
  readonly compressedBytes: number
  readonly sizeBytes: number
  readonly offset: number
}

/** Writes `path` whole or not at all: entries go to a temporary file beside it, `finish` gives it its name. */
export class ZipWriter {
  private readonly temporary: string
  private readonly file: number
  private readonly entries: WrittenEntry[] = []
  private offset = 0
  private open = true

  constructor(private readonly path: string) {
    this.temporary = `${path}.${process.pid}.part`
    this.file = openSync(this.temporary, 'w')
  }

  /** Adds an entry. Fast compression: statistics shrink little more at higher levels. */
  async add(name: string, content: Uint8Array): Promise<void> {
    const body = await compress(content, { level: 1 })
    const entry: WrittenEntry = {
      name: new TextEncoder().encode(name),
      crc: crc32(content),
      compressedBytes: body.byteLength,
      sizeBytes: content.byteLength,
      offset: this.offset
    }
    if (this.offset + body.byteLength + content.byteLength > LARGEST_BYTES)
      throw new GretaError('out-of-range', `The run is larger than 4 GiB and cannot be put into one bundle.`)
    const header = new DataView(new ArrayBuffer(ZIP.localHeaderBytes))
    header.setUint32(0, ZIP.localHeader, true)
    this.writeCommon(header, 4, entry)
    this.write(header, entry.name, body)
    this.entries.push(entry)
  }

  finish(): void {
    const directoryOffset = this.offset
    for (const entry of this.entries) {
      const header = new DataView(new ArrayBuffer(ZIP.centralHeaderBytes))
      header.setUint32(0, ZIP.centralHeader, true)
      header.setUint16(4, VERSION_NEEDED, true)
      this.writeCommon(header, 6, entry)
      header.setUint32(42, entry.offset, true)
      this.write(header, entry.name)
    }
    const end = new DataView(new ArrayBuffer(ZIP.endBytes))
    end.setUint32(0, ZIP.endOfDirectory, true)
    end.setUint16(8, this.entries.length, true)
    end.setUint16(10, this.entries.length, true)
    end.setUint32(12, this.offset - directoryOffset, true)
    end.setUint32(16, directoryOffset, true)
    this.write(end)
    this.close()
    renameSync(this.temporary, this.path)
  }

  /** After a failure: nothing is left behind. */
  abandon(): void {
    this.close()
    rmSync(this.temporary, { force: true })
  }

  /** The fields that local and central headers share, from `at`. */
  private writeCommon(header: DataView, at: number, entry: WrittenEntry): void {
    header.setUint16(at, VERSION_NEEDED, true)
    header.setUint16(at + 2, ZIP.utf8Flag, true)
    header.setUint16(at + 4, ZIP.deflated, true)
    header.setUint16(at + 8, FIXED_DATE, true)
    header.setUint32(at + 10, entry.crc, true)
    header.setUint32(at + 14, entry.compressedBytes, true)
    header.setUint32(at + 18, entry.sizeBytes, true)
    header.setUint16(at + 22, entry.name.byteLength, true)
  }

  private write(...parts: readonly ArrayBufferView[]): void {
    for (const part of parts) {
      const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength)
      for (let done = 0; done < bytes.byteLength; ) done += writeSync(this.file, bytes, done)
      this.offset += bytes.byteLength
    }
  }

  private close(): void {
    if (this.open) closeSync(this.file)
    this.open = false
  }
}
