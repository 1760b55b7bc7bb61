import type { HistogramBin } from '../../ui/Histogram'

/** What stands out in the values of one tensor row. */
export interface ValueFacts {
  /** First NaN or infinity; -1 when every element is finite. */
  readonly firstBad: number
  /** Index of the largest finite |x|; -1 when none is finite. */
  readonly largest: number
  readonly least: number
  readonly greatest: number
}

export function factsOf(values: Float32Array): ValueFacts {
  let firstBad = -1
  let largest = -1
  let least = Infinity
  let greatest = -Infinity
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number
    if (!Number.isFinite(value)) {
      if (firstBad < 0) firstBad = index
      continue
    }
    if (largest < 0 || Math.abs(value) > Math.abs(values[largest] as number)) largest = index
    least = Math.min(least, value)
    greatest = Math.max(greatest, value)
  }
  return { firstBad, largest, least, greatest }
}

/** Equal bins over the finite values; one bin when all are equal, none when none is finite. */
export function histogramOf(values: Float32Array, binCount: number): readonly HistogramBin[] {
  const { least, greatest, largest } = factsOf(values)
  if (largest < 0) return []
  const span = greatest - least
  const bins = span > 0 ? binCount : 1
  const counts = new Float64Array(bins)
  for (const value of values) {
    if (Number.isFinite(value)) {
      const bin = span > 0 ? Math.min(bins - 1, Math.floor(((value - least) / span) * bins)) : 0
      counts[bin] = (counts[bin] as number) + 1
    }
  }
  return Array.from(counts, (count, bin) => ({ from: least + (span * bin) / bins, to: least + (span * (bin + 1)) / bins, count }))
}
