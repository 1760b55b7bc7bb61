import { type TensorError, tensorError } from './tensor-error'

/** The error of one position's row. */
export interface RowError extends TensorError {
  readonly position: number
}

/** Compares (positions × width) tensors row by row. */
export function rowErrors(reference: Float32Array, test: Float32Array, width: number): RowError[] {
  const rows: RowError[] = []
  for (let begin = 0, position = 0; begin < reference.length; begin += width, position += 1) {
    rows.push({ position, ...tensorError(reference.subarray(begin, begin + width), test.subarray(begin, begin + width)) })
  }
  return rows
}

/** The first row at or above `limit`, if any. A row that is all zero on both sides has error 0. */
export const firstAbove = (rows: readonly RowError[], limit: number): RowError | undefined => rows.find((row) => !(row.nmse < limit))

/** The worst row by NMSE. */
export const worstRow = (rows: readonly RowError[]): RowError | undefined =>
  rows.reduce<RowError | undefined>((worst, row) => (worst === undefined || row.nmse > worst.nmse ? row : worst), undefined)
