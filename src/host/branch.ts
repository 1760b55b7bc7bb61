import { firstRows, PHASES, type RunColumns } from '../engine/bundle/columns'
import { rankOf } from '../engine/session/lens'
import type { FaultRequest, Session } from '../engine/session/types'
import { sequenceLogits } from './sequence-logits'

/**
 * The rows that a branch keeps: everything before the replaced token, and the row it was chosen from, which now says what
 * the model thought of the token that took its place.
 */
export async function branchColumns(
  session: Session,
  columns: RunColumns,
  ids: readonly number[],
  position: number,
  tokenId: number,
  faults: readonly FaultRequest[] = []
): Promise<RunColumns> {
  const { positions } = columns.scalars
  let rowCount = 0
  while (rowCount < columns.rowCount && (positions[rowCount] as number) < position) rowCount += 1
  const kept = firstRows(columns, rowCount)
  const row = rowCount - 1
  if (row < 0 || positions[row] !== position - 1 || PHASES[kept.phases[row] as number] !== 'generated') return kept
  const { logits } = await sequenceLogits(session, ids, position - 1, faults)
  const chosen = logits[tokenId] as number
  const { scalars } = kept
  scalars.ids[row] = tokenId
  scalars.chosenLogits[row] = chosen
  scalars.logProbabilities[row] = chosen - (scalars.logSumExps[row] as number)
  scalars.samplerLogProbabilities[row] = Number.NaN // a person chose it
  scalars.ranks[row] = rankOf(logits, tokenId)
  const before = row === 0 ? 0 : (kept.textEnds[row - 1] as number)
  const bytes = session.tokenizer.tokenBytes(tokenId)
  const text = new Uint8Array(before + bytes.byteLength)
  text.set(kept.text.subarray(0, before))
  text.set(bytes, before)
  kept.textEnds[row] = text.byteLength
  return { ...kept, text }
}
