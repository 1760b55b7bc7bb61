/** What a failed system call of Node carries. */
interface SystemError extends Error {
  readonly code: string
  readonly syscall: string
  readonly path?: string
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would exceed the allowed size',
  EACCES: 'it is not permitted',
  EPERM: 'it is not permitted',
  EROFS: 'the disk is read-only',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a file is in the way',
  EEXIST: 'a file is in the way',
  ENOENT: 'it is not there, and no folder can be made there',
  EIO: 'the disk reports an error',
  EMFILE: 'too many files are open'
}

export const isSystemError = (thrown: unknown): thrown is SystemError =>
  thrown instanceof Error &&
  typeof (thrown as Partial<SystemError>).code === 'string' &&
  typeof (thrown as Partial<SystemError>).syscall === 'string'

/** Why a file could not be read or written, as the end of a sentence. */
export function systemReason(thrown: unknown): string {
  if (isSystemError(thrown)) return REASONS[thrown.code] ?? thrown.message
  return thrown instanceof Error ? thrown.message : String(thrown)
}
