import { GretaError } from '../../shared/errors'
import type { TensorInfo } from '../../shared/model/description'
import type { DTypeFacts } from '../../shared/model/dtype'

/** Product of whole numbers >= 0; undefined when it is too large to be exact (2^53), which is beyond any file. */
export function checkedProduct(factors: readonly number[]): number | undefined {
  let product = 1
  for (const factor of factors) {
    product *= factor
    if (product > Number.MAX_SAFE_INTEGER) return undefined
  }
  return product
}

/** Bytes of a tensor (slowest dimension first); undefined when a row is not a whole number of blocks or the size overflows. */
export function tensorSizeBytes(facts: DTypeFacts, shape: readonly number[]): number | undefined {
  const rowWeights = shape.at(-1) ?? 1
  if (rowWeights % facts.blockWeights !== 0) return undefined
  const rows = checkedProduct(shape.slice(0, -1))
  if (rows === undefined) return undefined
  return checkedProduct([rows, rowWeights / facts.blockWeights, facts.blockBytes])
}

/** Refuses tensors of one file that share bytes. */
export function checkNoOverlap(fileName: string, tensors: readonly TensorInfo[]): void {
  const inOrder = [...tensors].sort((a, b) => a.offsetBytes - b.offsetBytes)
  for (let index = 1; index < inOrder.length; index += 1) {
    const before = inOrder[index - 1] as TensorInfo
    const after = inOrder[index] as TensorInfo
    const end = before.offsetBytes + before.sizeBytes
    if (after.offsetBytes < end) {
      throw new GretaError(
        'format',
        `${fileName}: tensors ${JSON.stringify(before.name)} and ${JSON.stringify(after.name)} overlap: ` +
          `the first ends at byte ${end}, the second starts at byte ${after.offsetBytes}.`,
        'The file is damaged or was written wrongly: convert or download it again.'
      )
    }
  }
}
