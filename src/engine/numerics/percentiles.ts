import type { Percentiles } from '../../shared/protocol/numerics'

/** The value at `fraction` (0..1) of an ascending sample, linearly interpolated between neighbours; NaN for an empty one. */
export function quantile(ascending: Float64Array, fraction: number): number {
  if (ascending.length === 0) return Number.NaN
  const place = fraction * (ascending.length - 1)
  const below = Math.floor(place)
  const low = ascending[below] as number
  const high = ascending[Math.min(below + 1, ascending.length - 1)] as number
  const share = place - below
  return share === 0 || low === high ? low : low + (high - low) * share
}

export function percentilesOf(sample: ArrayLike<number>): Percentiles {
  const finite = Float64Array.from(sample).filter((value) => !Number.isNaN(value))
  finite.sort()
  let sum = 0
  for (const value of finite) sum += value
  return {
    count: finite.length,
    nanCount: sample.length - finite.length,
    mean: finite.length === 0 ? Number.NaN : sum / finite.length,
    minimum: quantile(finite, 0),
    percentile01: quantile(finite, 0.001),
    percentile1: quantile(finite, 0.01),
    percentile5: quantile(finite, 0.05),
    percentile10: quantile(finite, 0.1),
    median: quantile(finite, 0.5),
    percentile90: quantile(finite, 0.9),
    percentile95: quantile(finite, 0.95),
    percentile99: quantile(finite, 0.99),
    percentile999: quantile(finite, 0.999),
    maximum: quantile(finite, 1)
  }
}
