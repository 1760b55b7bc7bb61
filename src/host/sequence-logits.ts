import { evaluateSteps } from '../engine/numerics/collect'
import type { FaultRequest, Session } from '../engine/session/types'
import { GretaError } from '../shared/errors'

export interface SequenceLogits {
  readonly logits: Float32Array
  readonly source: 'captured' | 're-evaluated'
}

/**
 * The full logits row that came out of position `position` of a sequence. When the session still holds that very sequence
 * it is the row the token was chosen from; otherwise the same forward pass is made again, with the same faults, and the
 * answer says so.
 */
export async function sequenceLogits(
  session: Session,
  ids: readonly number[],
  position: number,
  faults: readonly FaultRequest[] = []
): Promise<SequenceLogits> {
  if (position < 0 || position >= ids.length)
    throw new GretaError('out-of-range', `Position ${position} is outside the run's ${ids.length} tokens.`)
  const held = session.ids
  const isHeld = held.length > position && ids.slice(0, position + 1).every((id, index) => held[index] === id)
  // A run with faults leaves no cache, and what a session holds is healthy.
  if (isHeld && position < session.cachedLength && faults.length === 0) {
    const { logits, source } = await session.logitsRow(position)
    return { logits, source }
  }
  let logits: Float32Array | undefined
  await evaluateSteps(session, { ids: ids.slice(0, position + 1), from: position, fullRows: true, candidates: 0, faults }, (batch) => {
    if (batch.logits !== undefined) logits = batch.logits
  })
  if (logits === undefined) throw new GretaError('internal', `No logits came out of position ${position}.`)
  return { logits: logits.slice(-session.config.vocabularySize), source: 're-evaluated' }
}
