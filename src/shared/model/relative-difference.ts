/** |a - b| / max(|a|, |b|): 0 for equal bits (and for -0 against 0), 2 for opposite signs. */
export function relativeDifference(a: number, b: number): number {
  if (a === b) return 0
  const size = Math.max(Math.abs(a), Math.abs(b))
  return Number.isFinite(size) ? Math.abs(a - b) / size : Infinity
}
