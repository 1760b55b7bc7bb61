import { GretaError } from '../../../shared/errors'
import type { FileWindow } from '../files'
import { LIMITS } from '../limits'

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
export const DAMAGED_HINT = 'The file is damaged or incomplete: copy or download it again.'

/** Reads a GGUF header front to back. Every read is checked against the end of the file first and names what it reads. */
export class GgufCursor {
  position = 0

  constructor(readonly window: FileWindow) {}

  get bytesLeft(): number {
    return this.window.sizeBytes - this.position
  }

  /** An error about this file, at the current byte. */
  formatError(message: string, hint: string = DAMAGED_HINT): GretaError {
    return new GretaError('format', `${this.window.name}: ${message}`, hint)
  }

  /** `length` bytes at the current position, which moves on. Valid until the next read. */
  take(length: number, what: string): Buffer {
    if (length > this.bytesLeft) {
      throw this.formatError(
        `the file ends inside ${what}: ${length} bytes needed at byte ${this.position}, but the file has only ${this.window.sizeBytes}.`
      )
    }
    if (this.position + length > LIMITS.headerBytes) {
      throw this.formatError(`the header is longer than ${LIMITS.headerBytes} bytes (at ${what}); no real model's is.`)
    }
    const view = this.window.view(this.position, length)
    this.position += length
    return view
  }

  u32(what: string): number {
    return this.take(4, what).readUInt32LE(0)
  }

  u64(what: string): bigint {
    return this.take(8, what).readBigUInt64LE(0)
  }

  /** A 64-bit count of records of at least `leastBytes` each: refused before anything is allocated when they cannot fit. */
  count(what: string, leastBytes: number, cap: number): number {
    const value = this.u64(`the number of ${what}`)
    const most = Math.floor(this.bytesLeft / leastBytes)
    if (value > BigInt(most)) {
      throw this.formatError(
        `it claims ${value} ${what} at byte ${this.position - 8}, but the ${this.bytesLeft} bytes that follow hold at most ${most}.`
      )
    }
    if (value > BigInt(cap)) throw this.formatError(`it claims ${value} ${what}; at most ${cap} are read.`)
    return Number(value)
  }

  /** A length-prefixed string, checked to be UTF-8. */
  string(what: string, cap: number): string {
    const at = this.position
    const length = this.u64(`the length of ${what}`)
    if (length > BigInt(this.bytesLeft)) {
      throw this.formatError(`${what} at byte ${at} claims ${length} bytes, but only ${this.bytesLeft} follow.`)
    }
    if (length > BigInt(cap)) throw this.formatError(`${what} at byte ${at} is ${length} bytes long; at most ${cap} are read.`)
    const byteCount = Number(length)
    const bytes = this.take(byteCount, what)
    const text = bytes.toString('utf8', 0, byteCount)
    // Node replaces what is not UTF-8 by U+FFFD; only text that has one can be wrong.
    if (text.includes('\uFFFD')) {
      try {
        strictUtf8.decode(bytes.subarray(0, byteCount))
      } catch {
        throw this.formatError(`${what} at byte ${at} is not valid UTF-8.`)
      }
    }
    return text
  }
}
