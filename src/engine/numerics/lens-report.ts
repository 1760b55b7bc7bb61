import type { LensReport } from '../../shared/protocol/numerics'
import type { Session } from '../session/types'
import { evaluateSteps } from './collect'
import { sameBits } from './tensor-error'

/**
 * The logit lens at one position of a sequence: the session's own final norm and head on the residual stream after every
 * layer. The last row is compared with the logits of the same position, bit for bit.
 */
export async function lensReport(session: Session, ids: readonly number[], position: number, candidates: number): Promise<LensReport> {
  await evaluateSteps(session, { ids, candidates: 0 }, () => undefined)
  const { logits } = await session.logitsRow(position)
  const lens = await session.lens({ position, candidates, fullRows: true })
  const k = lens.candidatesPerLayer
  const vocabulary = session.config.vocabularySize
  const last = lens.logits?.subarray((lens.layers.length - 1) * vocabulary, lens.layers.length * vocabulary)
  return {
    position,
    layers: Array.from(lens.layers, (layer, row) => ({
      layer,
      candidates: Array.from({ length: k }, (_, i) => {
        const logit = lens.candidateLogits[row * k + i] as number
        return { id: lens.candidateIds[row * k + i] as number, logit, probability: Math.exp(logit - (lens.logSumExps[row] as number)) }
      }).filter((candidate) => candidate.id >= 0),
      nextTokenRank: lens.nextTokenRanks[row] as number
    })),
    nextId: ids[position + 1] ?? -1,
    lastEqualsLogits: last !== undefined && sameBits(last, logits)
  }
}
