import type { NativeSteps } from '../native'
import type { StepBatch } from './types'

/**
 * Native columns as batches of one phase each: rows come prompt first, then generated; behind those a row that no token could
 * be chosen from, which is no generated one.
 */
export function stepBatches(steps: NativeSteps): StepBatch[] {
  const batches: StepBatch[] = []
  for (let from = 0; from < steps.count; ) {
    let to = from + 1
    while (to < steps.count && steps.phases[to] === steps.phases[from]) to += 1
    batches.push(rows(steps, from, to, steps.phases[from] === 1 ? 'generated' : 'prompt'))
    from = to
  }
  return batches
}

/** The first `count` rows of a batch. */
export function firstRows(batch: StepBatch, count: number): StepBatch {
  return rows(batch, 0, count, batch.phase)
}

export const batchBytes = (batch: StepBatch): number =>
  batch.count * 80 +
  batch.candidateIds.byteLength * 2 +
  (batch.stats?.byteLength ?? 0) +
  (batch.hashes?.byteLength ?? 0) +
  (batch.captures?.byteLength ?? 0) +
  (batch.logits?.byteLength ?? 0) +
  (batch.blockMilliseconds?.byteLength ?? 0)

type Source = Omit<StepBatch, 'phase' | 'candidateIds' | 'candidateLogits'> & {
  readonly candidateIds?: Int32Array
  readonly candidateLogits?: Float32Array
}
interface Column {
  readonly length: number
  slice(from: number, to: number): this
}

function rows(steps: Source, from: number, to: number, phase: StepBatch['phase']): StepBatch {
  const whole = from === 0 && to === steps.count
  const cut = <Array extends Column>(column: Array): Array => {
    if (whole) return column
    const width = column.length / steps.count
    return column.slice(from * width, to * width)
  }
  return {
    count: to - from,
    phase,
    positions: cut(steps.positions),
    inputIds: cut(steps.inputIds),
    ids: cut(steps.ids),
    chosenLogits: cut(steps.chosenLogits),
    logProbabilities: cut(steps.logProbabilities),
    samplerLogProbabilities: cut(steps.samplerLogProbabilities),
    logSumExps: cut(steps.logSumExps),
    entropies: cut(steps.entropies),
    ranks: cut(steps.ranks),
    margins: cut(steps.margins),
    logitNanCounts: cut(steps.logitNanCounts),
    candidatesPerStep: steps.candidatesPerStep,
    candidateIds: steps.candidateIds === undefined ? new Int32Array(0) : cut(steps.candidateIds),
    candidateLogits: steps.candidateLogits === undefined ? new Float32Array(0) : cut(steps.candidateLogits),
    stepMilliseconds: cut(steps.stepMilliseconds),
    endMilliseconds: cut(steps.endMilliseconds),
    speculated: cut(steps.speculated),
    rowsKept: cut(steps.rowsKept),
    ...(steps.blockMilliseconds === undefined ? {} : { blockMilliseconds: cut(steps.blockMilliseconds) }),
    ...(steps.stats === undefined ? {} : { stats: cut(steps.stats) }),
    ...(steps.hashes === undefined ? {} : { hashes: cut(steps.hashes) }),
    ...(steps.captures === undefined ? {} : { captures: cut(steps.captures) }),
    ...(steps.logits === undefined ? {} : { logits: cut(steps.logits) })
  }
}
