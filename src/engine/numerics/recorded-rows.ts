import type { TokenVerdict } from '../../shared/protocol/numerics'
import { PHASES, type RunColumns } from '../bundle/columns'
import type { FaultRequest, Session } from '../session/types'
import { evaluateWindow } from './aligned-steps'
import { limitsFor } from './bands'

/** Logits that were written down for one position: some of a row (`ids` says of which tokens, -1 = none), or all of it. */
export interface RecordedRow {
  readonly position: number
  readonly ids: Int32Array | undefined
  readonly logits: Float32Array
}

export interface JudgedRows {
  /** In the order of the rows. */
  readonly verdicts: readonly { readonly position: number; readonly verdict: TokenVerdict }[]
  readonly maxAbsoluteDifference: number
  readonly firstDifference?: { readonly position: number; readonly what: string }
  /** Largest |Δlogit| that counts as within the band, for a row whose logits are at most 1; larger rows in proportion. */
  readonly limit: number
}

/** Bytes of full rows that are evaluated together. */
const WINDOW_BYTES = 64 * 2 ** 20

/**
 * Evaluates `ids` on `test`, teacher-forced, and judges every recorded row: every logit has the same bits, all are within the
 * band, or not. Rows in ascending order of position.
 */
export async function judgeRows(
  test: Session,
  ids: readonly number[],
  rows: readonly RecordedRow[],
  options: {
    readonly signal?: AbortSignal
    readonly onProgress?: (done: number, total: number) => void
    /** Planted when the rows were written down. */
    readonly faults?: readonly FaultRequest[]
  } = {}
): Promise<JudgedRows> {
  // An f32 row of logits of ordinary size agrees to about 1e-4 where the NMSE limit of 1e-9 holds.
  const { precision } = test.options
  const limit = Math.sqrt(limitsFor({ sameWeights: true, sameKvType: true, halfKvCache: false, precision, weightBits: 16 }).logitsNmse) * 10
  const vocabulary = test.config.vocabularySize
  const window = Math.max(1, Math.floor(WINDOW_BYTES / (4 * vocabulary)))
  const verdicts: { position: number; verdict: TokenVerdict }[] = []
  let largest = 0
  let first: { position: number; what: string } | undefined
  for (let begin = 0; begin < rows.length; ) {
    const from = rows[begin]?.position ?? 0
    let end = begin + 1
    while (end < rows.length && end - begin < window && rows[end]?.position === from + end - begin) end += 1
    const { faults = [] } = options
    const shared = { faults, ...(options.signal === undefined ? {} : { signal: options.signal }) }
    const { logits } = await evaluateWindow(test, ids, from, from + end - begin, [], shared)
    for (const [index, row] of rows.slice(begin, end).entries()) {
      const difference = compareRow(row, logits.subarray(index * vocabulary, (index + 1) * vocabulary))
      largest = Math.max(largest, difference.maximum)
      const verdict = difference.identical ? 'identical' : difference.maximum <= limit * difference.scale ? 'within band' : 'different'
      if (verdict !== 'identical') first ??= { position: row.position, what: difference.what }
      verdicts.push({ position: row.position, verdict })
    }
    begin = end
    options.onProgress?.(begin, rows.length)
  }
  return { verdicts, maxAbsoluteDifference: largest, ...(first === undefined ? {} : { firstDifference: first }), limit }
}

function compareRow(row: RecordedRow, logits: Float32Array): { identical: boolean; maximum: number; scale: number; what: string } {
  let maximum = 0
  let scale = 1
  let what = ''
  let identical = true
  for (let i = 0; i < row.logits.length; i += 1) {
    const id = row.ids === undefined ? i : (row.ids[i] as number)
    if (id < 0) continue
    const recorded = row.logits[i] as number
    const found = logits[id] as number
    if (Object.is(recorded, found)) continue
    identical = false
    const difference = Math.abs(found - recorded)
    scale = Math.max(scale, Math.abs(recorded))
    if (!(difference <= maximum)) {
      maximum = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference
      what = `token ${id} had logit ${recorded}, has ${found}`
    }
  }
  return { identical, maximum, scale, what }
}

/** The candidate logits that a run kept of its generated tokens, up to `length` positions of its sequence. */
export function recordedRowsOf(columns: RunColumns, length: number): RecordedRow[] {
  const k = columns.candidatesPerStep
  const rows: RecordedRow[] = []
  for (let row = 0; row < columns.rowCount && k > 0; row += 1) {
    const position = columns.scalars.positions[row] as number
    if (PHASES[columns.phases[row] as number] !== 'generated' || position < 0 || position >= length) continue
    rows.push({
      position,
      ids: columns.candidateIds.subarray(row * k, (row + 1) * k),
      logits: columns.candidateLogits.subarray(row * k, (row + 1) * k)
    })
  }
  return rows
}
