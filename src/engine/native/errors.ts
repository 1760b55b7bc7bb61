import { type ErrorCode, GretaError } from '../../shared/errors'
import type { NativeError } from './addon'

/** By StatusCode of native/base/status.h. */
const CODES: readonly ErrorCode[] = ['internal', 'out-of-range', 'unsupported', 'out-of-memory', 'io', 'cancelled', 'device', 'internal']

/** StatusCode::device_lost: whatever this process asks of the device from now on fails; another process may have better luck. */
const DEVICE_LOST = 6
let tellDeviceLost: ((message: string) => void) | undefined

/** `listener` is told, with the sentence that names the last block, when a device dies under this process. */
export function onDeviceLost(listener: (message: string) => void): void {
  tellDeviceLost = listener
}

export function errorOfStatus(status: number, message: string): GretaError {
  if (status === DEVICE_LOST) tellDeviceLost?.(message)
  return new GretaError(CODES[status] ?? 'internal', message)
}

/** What the addon threw or rejected with, as the one error type of the product. */
export function fromNative(thrown: unknown): GretaError {
  if (thrown instanceof GretaError) return thrown
  if (thrown instanceof Error && typeof (thrown as NativeError).status === 'number') {
    return errorOfStatus((thrown as NativeError).status, thrown.message)
  }
  return new GretaError('internal', `Internal error in the native engine: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
}
