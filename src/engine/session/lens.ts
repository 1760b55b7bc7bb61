import type { LensResult } from './types'

/** Rows of logits, one a layer, as their best candidates, log-sum-exp and the rank of the token that follows. */
export function summariseLens(
  rows: Float32Array,
  request: {
    readonly position: number
    readonly layerCount: number
    readonly candidates: number
    readonly nextId: number
    readonly keepRows: boolean
  }
): LensResult {
  const { layerCount, candidates, nextId } = request
  const vocabulary = rows.length / layerCount
  const candidateIds = new Int32Array(layerCount * candidates).fill(-1)
  const candidateLogits = new Float32Array(layerCount * candidates).fill(Number.NaN)
  const logSumExps = new Float32Array(layerCount)
  const nextTokenRanks = new Int32Array(layerCount).fill(-1)
  for (let layer = 0; layer < layerCount; layer += 1) {
    const row = rows.subarray(layer * vocabulary, (layer + 1) * vocabulary)
    const first = layer * candidates
    keepBest(row, candidateIds.subarray(first, first + candidates), candidateLogits.subarray(first, first + candidates))
    logSumExps[layer] = logSumExp(row)
    if (nextId >= 0) nextTokenRanks[layer] = rankOf(row, nextId)
  }
  return {
    position: request.position,
    layers: Int32Array.from({ length: layerCount }, (_, layer) => layer),
    candidatesPerLayer: candidates,
    candidateIds,
    candidateLogits,
    logSumExps,
    nextTokenRanks,
    ...(request.keepRows ? { logits: rows } : {})
  }
}

/** Highest first, ties to the lowest id; NaN never enters. */
function keepBest(row: Float32Array, ids: Int32Array, logits: Float32Array): void {
  let count = 0
  for (let id = 0; id < row.length; id += 1) {
    const logit = row[id] as number
    if (Number.isNaN(logit)) continue
    if (count === ids.length && !(count > 0 && logit > (logits[count - 1] as number))) continue
    let slot = count < ids.length ? count++ : count - 1
    for (; slot > 0 && (logits[slot - 1] as number) < logit; slot -= 1) {
      logits[slot] = logits[slot - 1] as number
      ids[slot] = ids[slot - 1] as number
    }
    logits[slot] = logit
    ids[slot] = id
  }
}

function logSumExp(row: Float32Array): number {
  let highest = Number.NEGATIVE_INFINITY
  for (const logit of row) if (logit > highest) highest = logit
  if (!Number.isFinite(highest)) return highest
  let sum = 0
  for (const logit of row) if (!Number.isNaN(logit)) sum += Math.exp(logit - highest)
  return highest + Math.log(sum)
}

/** How many logits are higher (or as high, with a lower id): 0 = the favourite. */
export function rankOf(logits: Float32Array, id: number): number {
  const chosen = logits[id] as number
  let rank = 0
  for (let other = 0; other < logits.length; other += 1) {
    const logit = logits[other] as number
    if (logit > chosen || (logit === chosen && other < id)) rank += 1
  }
  return rank
}
