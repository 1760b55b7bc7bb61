/** The best candidates of one position, highest logit first, with the logsumexp of the whole row. */
export interface CandidateRow {
  readonly candidateIds: Int32Array
  readonly candidateLogits: Float32Array
  readonly logSumExp: number
}

/** Id of the favourite; -1 for an empty row. */
export const argmaxOfCandidates = (row: CandidateRow): number => row.candidateIds[0] ?? -1

/**
 * KL(reference ‖ test) of two distributions of which only the best candidates are known: tokens that both list count by
 * themselves, everything else is one bucket. By the log-sum inequality this never exceeds the true divergence. Nats.
 */
export function candidateDivergence(reference: CandidateRow, test: CandidateRow): number {
  const testLogits = new Map<number, number>()
  for (let i = 0; i < test.candidateIds.length; i += 1) testLogits.set(test.candidateIds[i] as number, test.candidateLogits[i] as number)
  let divergence = 0
  let referenceRest = 1
  let testRest = 1
  for (let i = 0; i < reference.candidateIds.length; i += 1) {
    const id = reference.candidateIds[i] as number
    const testLogit = testLogits.get(id)
    if (id < 0 || testLogit === undefined) continue
    const logP = (reference.candidateLogits[i] as number) - reference.logSumExp
    const logQ = testLogit - test.logSumExp
    divergence += Math.exp(logP) * (logP - logQ)
    referenceRest -= Math.exp(logP)
    testRest -= Math.exp(logQ)
  }
  // Below rounding there is no rest to compare.
  if (referenceRest > 1e-9 && testRest > 1e-9) divergence += referenceRest * Math.log(referenceRest / testRest)
  return divergence < 0 && divergence > -1e-7 ? 0 : divergence
}
