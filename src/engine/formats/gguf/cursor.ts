import { GretaError } from '../../../shared/errors'
import type { FileWindow } from '../files'
import { LIMITS } from '../limits'

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const DAMAGED_HINT = 'The file is damaged or incomplete: copy or download it again.'

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

  /** Moves over `length` bytes and returns where in `window.bytes` they begin. Valid until the next read. */
  private advance(length: number, what: string): number {
    if (length > this.bytesLeft) {
      throw this.formatError(
        `the file ends inside ${what}: ${length} bytes needed at byte ${this.position}, but the file has only ${this.window.sizeBytes}.`
      )
    }
    if (this.position + length > LIMITS.headerBytes) {
      throw this.formatError(`the header is longer than ${LIMITS.headerBytes} bytes (at ${what}); no real model's is.`)
    }
    const at = this.window.locate(this.position, length)
    this.position += length
    return at
  }

  /** `length` bytes at the current position, which moves on. Valid until the next read. */
  take(length: number, what: string): Buffer {
    const at = this.advance(length, what)
    return this.window.bytes.subarray(at, at + length)
  }

  u32(what: string): number {
    const at = this.advance(4, what)
    return this.window.bytes.readUInt32LE(at)
  }

  u64(what: string): bigint {
    const at = this.advance(8, what)
    return this.window.bytes.readBigUInt64LE(at)
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

  /** A length-prefixed string, checked to be UTF-8. Called for every piece of a vocabulary, so nothing is built for errors beforehand. */
  string(what: string, cap: number): string {
    const at = this.position
    const field = this.advance(8, what)
    // 2^53 and more come out inexact, but far above any cap.
    const length = this.window.bytes.readUInt32LE(field) + this.window.bytes.readUInt32LE(field + 4) * 2 ** 32
    if (length > this.bytesLeft) {
      throw this.formatError(`${what} at byte ${at} claims ${length} bytes, but only ${this.bytesLeft} follow.`)
    }
    if (length > cap) throw this.formatError(`${what} at byte ${at} is ${length} bytes long; at most ${cap} are read.`)
    const start = this.advance(length, what)
    const text = this.window.bytes.toString('utf8', start, start + length)
    // Node replaces what is not UTF-8 by U+FFFD; only text that has one can be wrong.
    if (text.includes('\uFFFD')) this.checkUtf8(this.window.bytes.subarray(start, start + length), what, at)
    return text
  }

  private checkUtf8(bytes: Uint8Array, what: string, at: number): void {
    try {
      strictUtf8.decode(bytes)
    } catch {
      throw this.formatError(`${what} at byte ${at} is not valid UTF-8.`)
    }
  }
}
