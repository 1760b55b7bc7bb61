import type { CellMatrix } from './cell-matrix'
import { NOT_APPLICABLE } from './cell-matrix'
import type { TraceField } from '../../shared/model/trace-points'
import { SEVERITY } from './severity'

/** A closed interval of values that a colour scale spans. */
export interface Domain {
  readonly low: number
  readonly high: number
}

/** Cells looked at, at most; above it every nth column is read. 16 k values sort in about a millisecond. */
const SAMPLE_LIMIT = 16_384

/** Finite captured values of a matrix: all of them, or evenly spaced columns when there are more than the limit. */
export function sampleValues(matrix: CellMatrix, field: TraceField, limit = SAMPLE_LIMIT): Float32Array {
  const { rows, columns } = matrix
  if (rows === 0 || columns === 0) return new Float32Array(0)
  const step = Math.max(1, Math.ceil((rows * columns) / limit))
  const values = new Float32Array(rows)
  const severity = new Uint8Array(rows)
  const sample = new Float32Array(rows * Math.ceil(columns / step))
  let count = 0
  for (let column = 0; column < columns; column += step) {
    matrix.read(field, 0, 0, column, rows, 1, values, severity)
    for (let row = 0; row < rows; row++) {
      const kind = severity[row] as number
      const value = values[row] as number
      if (kind === SEVERITY.notCaptured || kind === NOT_APPLICABLE || !Number.isFinite(value)) continue
      sample[count++] = value
    }
  }
  return sample.subarray(0, count)
}

/**
 * The interval between the 1st and 99th percentile, so that one outlier does not flatten the picture. With fewer than 100
 * values it is the whole range. Sorts `sample` in place. Undefined when there is nothing to show.
 */
export function robustDomain(sample: Float32Array, lowQuantile = 0.01, highQuantile = 0.99): Domain | undefined {
  if (sample.length === 0) return undefined
  sample.sort()
  const last = sample.length - 1
  const whole = sample.length < 100
  const low = sample[whole ? 0 : Math.floor(lowQuantile * last)] as number
  const high = sample[whole ? last : Math.ceil(highQuantile * last)] as number
  return { low, high }
}

/** The least positive value at or above the low quantile of the positive ones: where a logarithmic scale may start. */
export function positiveDomain(sample: Float32Array): Domain | undefined {
  const positive = sample.filter((value) => value > 0)
  return robustDomain(positive)
}
