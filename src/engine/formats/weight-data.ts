import { GretaError } from '../../shared/errors'
import type { OpenedModel, TensorInfo } from '../../shared/model/description'
import { FileWindow } from './files'

/** The most bytes one call returns; read larger tensors in slices. */
export const WEIGHT_SLICE_BYTES = 256 * 1024 * 1024

export interface WeightSlice {
  /** From the start of the tensor; default 0. */
  readonly offsetBytes?: number
  /** Default: to the end of the tensor. */
  readonly lengthBytes?: number
}

/**
 * A copy of a tensor's bytes as they lie in the file (or of a slice of them). At most WEIGHT_SLICE_BYTES a call.
 * Throws 'out-of-range' for a slice outside the tensor, 'io' when the file changed size since it was opened.
 */
export function weightBytesOf(opened: Pick<OpenedModel, 'files'>, tensor: TensorInfo, slice: WeightSlice = {}): Uint8Array {
  const offset = slice.offsetBytes ?? 0
  const length = slice.lengthBytes ?? tensor.sizeBytes - offset
  const inside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0
  if (!inside || offset + length > tensor.sizeBytes) {
    throw new GretaError(
      'out-of-range',
      `Bytes ${offset} to ${offset + length} were asked of tensor ${tensor.name}, which has ${tensor.sizeBytes}.`
    )
  }
  if (length > WEIGHT_SLICE_BYTES) {
    throw new GretaError('out-of-range', `${length} bytes of tensor ${tensor.name} at once; read at most ${WEIGHT_SLICE_BYTES} a call.`)
  }
  const file = opened.files[tensor.file]
  if (file === undefined) throw new GretaError('internal', `Tensor ${tensor.name} is in file ${tensor.file} of ${opened.files.length}.`)
  return FileWindow.use(file.path, (window) => {
    if (window.sizeBytes !== file.sizeBytes) {
      throw new GretaError(
        'io',
        `${window.name} changed after it was opened: it had ${file.sizeBytes} bytes, now it has ${window.sizeBytes}.`,
        'Open the model again.'
      )
    }
    return Uint8Array.from(window.view(tensor.offsetBytes + offset, length))
  })
}
