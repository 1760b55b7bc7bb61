import { GretaError } from '../../shared/errors'
import { traceWidths } from './health'
import type { FaultRequest, Session } from '../session/types'
import { evaluateSteps } from './collect'

/** One window of positions of one session: full logits rows and, when asked for, whole tensors. */
export interface WindowValues {
  readonly from: number
  readonly count: number
  /** count × vocabulary. */
  readonly logits: Float32Array
  /** Rows of every captured trace index, count × width each. */
  readonly tensors: ReadonlyMap<number, Float32Array>
}

/** Evaluates positions [from, to) of `ids` and collects everything in one forward pass per call. */
export async function evaluateWindow(
  session: Session,
  ids: readonly number[],
  from: number,
  to: number,
  traceIndices: readonly number[],
  options: { readonly faults?: readonly FaultRequest[]; readonly signal?: AbortSignal } = {}
): Promise<WindowValues> {
  const vocabulary = session.config.vocabularySize
  const widths = traceWidths(session)
  const count = to - from
  const logits = new Float32Array(count * vocabulary)
  const tensors = new Map(traceIndices.map((index) => [index, new Float32Array(count * (widths[index] as number))]))
  const stride = traceIndices.reduce((sum, index) => sum + (widths[index] as number), 0)
  let rows = 0
  const request = {
    ids: ids.slice(0, to),
    from,
    fullRows: true,
    ...(from === 0 ? { ignoreCache: true } : {}),
    ...(traceIndices.length === 0 ? {} : { trace: { captures: traceIndices } }),
    ...(options.faults === undefined ? {} : { faults: options.faults })
  }
  await evaluateSteps(
    session,
    request,
    (batch) => {
      for (let row = 0; row < batch.count; row += 1) {
        const at = (batch.positions[row] as number) - from
        if (at < 0 || at >= count) continue
        rows += 1
        if (batch.logits !== undefined) logits.set(batch.logits.subarray(row * vocabulary, (row + 1) * vocabulary), at * vocabulary)
        let begin = row * stride
        for (const index of traceIndices) {
          const width = widths[index] as number
          if (batch.captures !== undefined) tensors.get(index)?.set(batch.captures.subarray(begin, begin + width), at * width)
          begin += width
        }
      }
    },
    options.signal
  )
  if (rows !== count)
    throw new GretaError('internal', `Positions ${from} to ${to - 1} were asked of ${session.backend.name}; ${rows} rows came.`)
  return { from, count, logits, tensors }
}
