/** ln Σ exp(logits), the largest logit taken out first. -Infinity when every logit is -Infinity; NaN when one is NaN. */
export function logSumExp(logits: Float32Array): number {
  let maximum = Number.NEGATIVE_INFINITY
  for (let i = 0; i < logits.length; i += 1) {
    const logit = logits[i] as number
    if (Number.isNaN(logit)) return Number.NaN
    if (logit > maximum) maximum = logit
  }
  if (!Number.isFinite(maximum)) return maximum
  let sum = 0
  for (let i = 0; i < logits.length; i += 1) sum += Math.exp((logits[i] as number) - maximum)
  return maximum + Math.log(sum)
}

/** Index of the highest logit, ties to the lowest index; NaN is never the highest. -1 for an empty or all-NaN row. */
export function argmax(logits: Float32Array): number {
  let best = -1
  let bestLogit = Number.NEGATIVE_INFINITY
  for (let i = 0; i < logits.length; i += 1) {
    const logit = logits[i] as number
    if (logit > bestLogit || (best < 0 && logit === bestLogit)) {
      best = i
      bestLogit = logit
    }
  }
  return best
}

/** Indices of the k highest logits, highest first, ties to the lowest index. O(n·k) for the small k it is used with. */
export function topIndices(logits: Float32Array, k: number): number[] {
  const top: number[] = []
  for (let i = 0; i < logits.length; i += 1) {
    const logit = logits[i] as number
    if (Number.isNaN(logit)) continue
    if (top.length === k && logit <= (logits[top[k - 1] as number] as number)) continue
    let place = top.length
    while (place > 0 && logit > (logits[top[place - 1] as number] as number)) place -= 1
    top.splice(place, 0, i)
    if (top.length > k) top.pop()
  }
  return top
}

/**
 * KL(reference ‖ test) = Σ p (ln p - ln q) in nats, over the whole vocabulary, in float64. NaN when either row has a NaN.
 * The norms are logSumExp() of the rows, for callers that know them already.
 */
export function kullbackLeibler(
  reference: Float32Array,
  test: Float32Array,
  referenceNorm: number = logSumExp(reference),
  testNorm: number = logSumExp(test)
): number {
  let divergence = 0
  for (let i = 0; i < reference.length; i += 1) {
    const logP = (reference[i] as number) - referenceNorm
    if (logP === Number.NEGATIVE_INFINITY) continue
    divergence += Math.exp(logP) * (logP - ((test[i] as number) - testNorm))
  }
  // Rounding can leave a tiny negative number where the exact value is 0.
  return divergence < 0 && divergence > -1e-12 ? 0 : divergence
}
