/**
 * How far a tensor is from its reference. NMSE = Σ(test - reference)² / Σ reference² (the measure of ggml's
 * test-backend-ops); relative error is its square root, the relative L2 norm of the difference. All sums in float64.
 */
export interface TensorError {
  readonly count: number
  /** Σ (test - reference)² and Σ reference² over the elements that are finite on both sides. */
  readonly squaredDifference: number
  readonly squaredReference: number
  readonly nmse: number
  readonly relativeError: number
  readonly maxAbsoluteDifference: number
  /** Index of the element with the largest difference; -1 when every element is equal. */
  readonly worstIndex: number
  /** Elements where exactly one side is NaN or infinite, or both are infinite with other signs. */
  readonly nonFiniteMismatches: number
  readonly firstMismatchIndex: number
  readonly bitEqual: boolean
}

/** Compares equally long rows. Elements that are not finite on either side are counted, and left out of the sums. */
export function tensorError(reference: Float32Array, test: Float32Array): TensorError {
  if (reference.length !== test.length) throw new RangeError(`tensorError: ${reference.length} reference values against ${test.length}`)
  let difference2 = 0
  let reference2 = 0
  let maximum = 0
  let worstIndex = -1
  let mismatches = 0
  let firstMismatch = -1
  for (let i = 0; i < reference.length; i += 1) {
    const r = reference[i] as number
    const t = test[i] as number
    const difference = t - r
    if (Number.isFinite(difference)) {
      difference2 += difference * difference
      reference2 += r * r
      const size = Math.abs(difference)
      if (size > maximum) {
        maximum = size
        worstIndex = i
      }
    } else if (!Object.is(r, t)) {
      mismatches += 1
      if (firstMismatch < 0) firstMismatch = i
    }
  }
  const nmse = difference2 === 0 ? 0 : reference2 === 0 ? Number.POSITIVE_INFINITY : difference2 / reference2
  return {
    count: reference.length,
    squaredDifference: difference2,
    squaredReference: reference2,
    nmse: mismatches > 0 ? Number.POSITIVE_INFINITY : nmse,
    relativeError: mismatches > 0 ? Number.POSITIVE_INFINITY : Math.sqrt(nmse),
    maxAbsoluteDifference: maximum,
    worstIndex,
    nonFiniteMismatches: mismatches,
    firstMismatchIndex: firstMismatch,
    bitEqual: sameBits(reference, test)
  }
}

/** True when both arrays hold the same bit patterns (so 0 and -0 differ, and a NaN equals itself). */
export function sameBits(left: Float32Array, right: Float32Array): boolean {
  if (left.length !== right.length) return false
  const a = new Uint32Array(left.buffer, left.byteOffset, left.length)
  const b = new Uint32Array(right.buffer, right.byteOffset, right.length)
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false
  return true
}
