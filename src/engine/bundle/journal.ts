import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'

/**
 * What is kept of a run while it is generated: an append-only file of records, each
 *   u32 length, u32 CRC-32 of the body, body   (little-endian)
 * where a body is UTF-8 JSON (it starts with '{') or a token frame (it starts with "GRTF"). A record is in the file before
 * anybody is shown what it says, so a process that dies takes nothing along that was seen; a record that was cut off by the
 * death is recognised and left out.
 */
const RECORD_HEADER_BYTES = 8
/** No record is larger; a length beyond this is damage. */
const LARGEST_RECORD_BYTES = 256 * 1024 * 1024

export class JournalWriter {
  private readonly file: number
  private open = true
  sizeBytes = 0

  constructor(path: string) {
    this.file = openSync(path, 'ax')
  }

  append(body: Uint8Array): void {
    const record = new Uint8Array(RECORD_HEADER_BYTES + body.byteLength)
    const header = new DataView(record.buffer)
    header.setUint32(0, body.byteLength, true)
    header.setUint32(4, crc32(body), true)
    record.set(body, RECORD_HEADER_BYTES)
    for (let done = 0; done < record.byteLength; ) done += writeSync(this.file, record, done)
    this.sizeBytes += record.byteLength
  }

  appendJson(value: object): void {
    this.append(new TextEncoder().encode(JSON.stringify(value)))
  }

  close(): void {
    if (this.open) closeSync(this.file)
    this.open = false
  }
}

/** Every whole record in order, one in memory at a time. Ends without complaint where the writer died. */
export function* readJournal(path: string): Generator<Uint8Array<ArrayBuffer>> {
  const file = openSync(path, 'r')
  try {
    const sizeBytes = fstatSync(file).size
    const header = new DataView(new ArrayBuffer(RECORD_HEADER_BYTES))
    let offset = 0
    while (offset + RECORD_HEADER_BYTES <= sizeBytes) {
      if (readSync(file, header, 0, RECORD_HEADER_BYTES, offset) !== RECORD_HEADER_BYTES) return
      const length = header.getUint32(0, true)
      offset += RECORD_HEADER_BYTES
      if (length > LARGEST_RECORD_BYTES || offset + length > sizeBytes) return
      const body = new Uint8Array(length)
      if (readSync(file, body, 0, length, offset) !== length || crc32(body) !== header.getUint32(4, true)) return
      yield body
      offset += length
    }
  } finally {
    closeSync(file)
  }
}
