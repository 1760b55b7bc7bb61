import { useEffect, useState } from 'react'
import type { GretaErrorData } from '../../../shared/errors'
import type { Answer, SamplingMessage } from '../../../shared/protocol'
import { explain } from '../../actions/logits'

export type Explanation = Answer<'sampler.explain'>

export interface ExplanationState {
  readonly explanation: Explanation | undefined
  readonly error: GretaErrorData | undefined
  readonly milliseconds: number
}

/** The whole row of one position and what every sampler stage did to it. `sampling` undefined: as the run was generated. */
export function useExplanation(runId: string | undefined, position: number, sampling: SamplingMessage | undefined): ExplanationState {
  const [state, setState] = useState<ExplanationState>({ explanation: undefined, error: undefined, milliseconds: 0 })
  useEffect(() => {
    if (runId === undefined || position < 0) return undefined
    let current = true
    const startedAt = performance.now()
    void explain(runId, position, sampling).then((answer) => {
      if (!current) return
      const milliseconds = performance.now() - startedAt
      setState(
        answer.ok
          ? { explanation: answer.value, error: undefined, milliseconds }
          : { explanation: undefined, error: answer.error, milliseconds }
      )
    })
    return () => {
      current = false
    }
  }, [runId, position, sampling])
  return state
}
