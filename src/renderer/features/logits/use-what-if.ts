import { useMemo } from 'react'
import { fromSamplingMessage, type SamplingMessage } from '../../../shared/protocol'
import { whatIf } from '../../../shared/sampling/what-if'
import type { RunColumns } from '../../store/run-columns'
import type { Explanation } from './use-explanation'

interface Supposed {
  readonly explanation: Explanation
  readonly milliseconds: number
}

/** The recorded row through other knobs, worked out in the page; undefined while nothing is supposed. The record is not touched. */
export function useWhatIf(
  recorded: Explanation | undefined,
  columns: RunColumns | undefined,
  sampling: SamplingMessage | undefined
): Supposed | undefined {
  return useMemo(
    () => (recorded === undefined || columns === undefined || sampling === undefined ? undefined : suppose(recorded, columns, sampling)),
    [recorded, columns, sampling]
  )
}

function suppose(recorded: Explanation, columns: RunColumns, sampling: SamplingMessage): Supposed {
  const startedAt = performance.now()
  const { logits } = recorded.arrays
  // The row of a position chose the token after it, having seen everything up to that position.
  const place = recorded.position + 1
  const { stages, wouldChooseId, ...arrays } = whatIf(logits, fromSamplingMessage(sampling), columns.ids.values.subarray(0, place), place)
  const { wouldChooseId: _, ...rest } = recorded
  const explanation: Explanation = {
    ...rest,
    ...(wouldChooseId < 0 ? {} : { wouldChooseId }),
    stages,
    arrays: { logits, ...arrays }
  }
  return { explanation, milliseconds: performance.now() - startedAt }
}
