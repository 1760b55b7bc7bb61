/** The step of 1, 2 or 5 times a power of ten that cuts a range into at most `count` parts. */
function niceStep(range: number, count: number): number {
  const rough = range / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const factor = rough / power
  return (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10) * power
}

/** Round values from low to high, ends included where they are round: at most `count` + 1. Empty for an empty or unbounded range. */
export function niceTicks(low: number, high: number, count = 4): number[] {
  if (!(high > low) || !Number.isFinite(high - low)) return low === high ? [low] : []
  const step = niceStep(high - low, count)
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  // A step below one is divided by, not multiplied: 3 * 0.1 is 0.30000000000000004, 3 / 10 is 0.3.
  const inverse = Math.round(1 / step)
  return Array.from({ length: last - first + 1 }, (_, index) => (step < 1 ? (first + index) / inverse : (first + index) * step))
}

/** The same over whole numbers: tokens, layers. */
export const wholeTicks = (first: number, last: number, count = 4): number[] =>
  last - first <= count ? Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index) : niceTicks(first, last, count)

/** Powers of ten of a logarithmic axis; round values where the range holds fewer than two. Both ends must be positive. */
export function logTicks(low: number, high: number, count = 4): number[] {
  if (!(high > low) || !(low > 0) || !Number.isFinite(high)) return low === high ? [low] : []
  const first = Math.ceil(Math.log10(low) - 1e-9)
  const last = Math.floor(Math.log10(high) + 1e-9)
  if (last - first < 1) return niceTicks(low, high, count)
  const step = Math.max(1, Math.ceil((last - first) / count))
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => Number(`1e${first + index * step}`))
}

/** "0.25", "1e-8": short enough for an axis. */
export function tickText(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e5 || size < 1e-3)) return value.toExponential(Number.isInteger(Math.log10(size)) ? 0 : 1).replace('.0e', 'e')
  return String(Number(value.toPrecision(4)))
}
