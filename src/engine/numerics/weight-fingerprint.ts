import { createHash } from 'node:crypto'
import type { OpenedModel } from '../../shared/model/description'
import { dtypeFacts } from '../../shared/model/dtype'
import { weightBytesOf } from '../formats/weight-data'

/** Bytes read from the start, the middle and the end of every tensor. */
const SAMPLE_BYTES = 1024

/**
 * A fast identity of a model's weights: SHA-256 over every tensor's name, type, shape and three samples of its bytes. Two
 * files with the same weights in the same encoding agree whatever their metadata; a changed byte between the samples is
 * not seen, so this decides which limits apply, never whether two runs are equal. Hexadecimal.
 */
export function weightFingerprint(opened: OpenedModel): string {
  const hash = createHash('sha256')
  for (const tensor of [...opened.tensors].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(`${tensor.name}\0${tensor.type}\0${tensor.shape.join('x')}\0`)
    const length = Math.min(SAMPLE_BYTES, tensor.sizeBytes)
    for (const offset of new Set([0, Math.floor((tensor.sizeBytes - length) / 2), tensor.sizeBytes - length])) {
      hash.update(weightBytesOf(opened, tensor, { offsetBytes: offset, lengthBytes: length }))
    }
  }
  return hash.digest('hex')
}

/** Fewest bits a weight of a matrix takes, block scales included: 4.5 for Q4_K. */
export function fewestWeightBits(opened: OpenedModel): number {
  let fewest = 32
  for (const tensor of opened.tensors) {
    if (tensor.shape.length < 2) continue
    const { blockBytes, blockWeights } = dtypeFacts(tensor.type)
    fewest = Math.min(fewest, (blockBytes * 8) / blockWeights)
  }
  return fewest
}
