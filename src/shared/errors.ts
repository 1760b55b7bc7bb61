import { isSystemError, systemReason } from './system-errors'

/** What went wrong, as a program can tell it apart. Words are in `message`. */
export type ErrorCode =
  | 'usage' // wrong arguments: exit code 2
  | 'not-found' // a file, model, run or tensor that is not there
  | 'format' // bytes that are not what they claim to be
  | 'unsupported' // valid, but not something this engine or backend can do
  | 'out-of-range' // a token id, position or size beyond its limit
  | 'out-of-memory'
  | 'io' // reading or writing failed: full disk, permissions, a file that shrank
  | 'cancelled'
  | 'busy' // one thing at a time: something else is running
  | 'device' // a backend or device is absent, refused or lost
  | 'engine-exit' // the engine process ended
  | 'internal' // a bug here

/** An error as data: it crosses processes unchanged. */
export interface GretaErrorData {
  readonly code: ErrorCode
  /** One sentence for people: the thing, what was expected, what was found. */
  readonly message: string
  /** What to do about it, when there is something to do. One sentence. */
  readonly hint?: string
}

/** The one exception type thrown on purpose. Anything else that is thrown is a bug. */
export class GretaError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, hint?: string) {
    super(message)
    this.name = 'GretaError'
    this.code = code
    this.hint = hint
  }

  /** An error that came as data, to be thrown on this side. */
  static of({ code, message, hint }: GretaErrorData): GretaError {
    return new GretaError(code, message, hint)
  }

  toData(): GretaErrorData {
    return this.hint === undefined
      ? { code: this.code, message: this.message }
      : { code: this.code, message: this.message, hint: this.hint }
  }
}

/** Any thrown value as data: a system call's failure in words, and what is neither that nor a GretaError as the bug it is. */
export function toErrorData(thrown: unknown): GretaErrorData {
  if (thrown instanceof GretaError) return thrown.toData()
  if (isSystemError(thrown)) {
    const where = thrown.path === undefined ? '' : ` ${thrown.path}`
    return { code: 'io', message: `A file could not be read or written: ${systemReason(thrown)} (${thrown.syscall}${where}).` }
  }
  return { code: 'internal', message: `Internal error: ${thrown instanceof Error ? thrown.message : String(thrown)}` }
}
