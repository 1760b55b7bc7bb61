import type { OpenedModel, TensorInfo } from '../../shared/model/description'
import { dtypeFacts } from '../../shared/model/dtype'
import { GretaError } from '../../shared/errors'
import type { NativeTensorStatistics } from './addon'
import { fromNative } from './errors'
import { nativeAddon } from './load-addon'

export type TensorStatistics = NativeTensorStatistics

/** Exact f32 values of stored weights; bytes = rows whole rows of the type. */
export function dequantise(type: TensorInfo['type'], bytes: Uint8Array, rows: number, cols: number): Float32Array {
  try {
    return nativeAddon().dequantise({ type: dtypeFacts(type).id, bytes, rows, cols })
  } catch (thrown) {
    throw fromNative(thrown)
  }
}

/** Statistics and histogram of a weight, streamed from the file on a pool thread. */
export async function tensorStatistics(model: OpenedModel, tensor: TensorInfo, bins = 256): Promise<TensorStatistics> {
  const file = model.files[tensor.file]
  if (file === undefined)
    throw new GretaError('internal', `Tensor ${tensor.name} lies in file ${tensor.file}, which the model does not have.`)
  const cols = tensor.shape.at(-1) ?? 1
  const rows = tensor.shape.slice(0, -1).reduce((product, dimension) => product * dimension, 1)
  try {
    return await nativeAddon().tensorStatistics({
      path: file.path,
      fileSize: file.sizeBytes,
      offset: tensor.offsetBytes,
      type: dtypeFacts(tensor.type).id,
      rows,
      cols,
      bins
    })
  } catch (thrown) {
    throw fromNative(thrown)
  }
}

/** Bytes per second that `threads` threads read from memory: one value a repetition. */
export async function measureReadBandwidth(threads: number, sizeBytes = 2 ** 29, repetitions = 7): Promise<Float64Array> {
  try {
    return await nativeAddon().measureReadBandwidth({ threads, bytes: sizeBytes, repetitions })
  } catch (thrown) {
    throw fromNative(thrown)
  }
}
