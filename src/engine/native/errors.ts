import { type ErrorCode, GretaError } from '../../shared/errors'
import type { NativeError } from './addon'

/** By StatusCode of native/base/status.h. */
const CODES: readonly ErrorCode[] = ['internal', 'out-of-range', 'unsupported', 'out-of-memory', 'io', 'cancelled', 'device', 'internal']

export const errorOfStatus = (status: number, message: string): GretaError => new GretaError(CODES[status] ?? 'internal', message)

/** What the addon threw or rejected with, as the one error type of the product. */
export function fromNative(thrown: unknown): GretaError {
  if (thrown instanceof GretaError) return thrown
  if (thrown instanceof Error && typeof (thrown as NativeError).status === 'number') {
    return errorOfStatus((thrown as NativeError).status, thrown.message)
  }
  return new GretaError('internal', `Internal error in the native engine: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
}
