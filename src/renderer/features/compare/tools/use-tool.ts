import { useState } from 'react'
import type { GretaErrorData } from '../../../../shared/errors'
import type { Answer, MethodName, Params } from '../../../../shared/protocol'
import { call } from '../../../bridge'
import { useStore } from '../../../store'

export interface Tool<M extends MethodName> {
  readonly running: boolean
  readonly report: Answer<M> | undefined
  readonly error: GretaErrorData | undefined
  readonly start: (params: Params<M>) => void
}

/** One numeric tool: asks the engine, keeps the last report until the next one is there. */
export function useTool<M extends MethodName>(method: M): Tool<M> {
  const [state, setState] = useState<Omit<Tool<M>, 'start'>>({ running: false, report: undefined, error: undefined })
  const start = (params: Params<M>): void => {
    useStore.getState().setConnection({ numericsProgress: undefined })
    setState((before) => ({ ...before, running: true, error: undefined }))
    void call(method, params).then((answer) => {
      if (answer.ok) setState({ running: false, report: answer.value, error: undefined })
      else setState((before) => ({ ...before, running: false, error: answer.error.code === 'cancelled' ? undefined : answer.error }))
    })
  }
  return { ...state, start }
}
