import type { CellMatrix } from './cell-matrix'
import { NOT_APPLICABLE } from './cell-matrix'
import type { TraceField } from '../../shared/model/trace-points'
import { SEVERITY } from './severity'

/** A closed interval of values that a colour scale spans. */
export interface Domain {
  readonly low: number
  readonly high: number
}

/** Cells looked at, at most. 16 k values sort in about a millisecond. */
const SAMPLE_LIMIT = 16_384
/** Columns looked at, at most: enough that one unusual token stays below one percent of the sample. */
const SAMPLE_COLUMNS = 512

/**
 * Finite captured values of a matrix: all of them, or an even sample when there are more than the limit (columns evenly
 * spaced, and of each a different run of rows).
 */
export function sampleValues(matrix: CellMatrix, field: TraceField, limit = SAMPLE_LIMIT): Float32Array {
  const { rows, columns } = matrix
  if (rows === 0 || columns === 0) return new Float32Array(0)
  const all = rows * columns <= limit
  const taken = all ? columns : Math.min(columns, SAMPLE_COLUMNS)
  const height = all ? rows : Math.min(rows, Math.max(1, Math.floor(limit / taken)))
  const values = new Float32Array(height)
  const severity = new Uint8Array(height)
  const sample = new Float32Array(height * taken)
  let count = 0
  for (let index = 0; index < taken; index++) {
    const column = Math.floor(((index + 0.5) * columns) / taken)
    const row = height === rows ? 0 : (index * height) % (rows - height + 1)
    matrix.read(field, { level: 0, row, column, height, width: 1 }, values, severity)
    for (let y = 0; y < height; y++) {
      const kind = severity[y] as number
      const value = values[y] as number
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
