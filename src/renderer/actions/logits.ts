import type { Answer, SamplingMessage } from '../../shared/protocol'
import type { Result } from '../../shared/result'
import { call } from '../bridge'
import { useStore } from '../store'

export type Explained = Result<Answer<'sampler.explain'>>

let begun: { readonly runId: string; readonly position: number; readonly answer: Promise<Explained> } | undefined

/** Opens the logits of the chosen token. They are asked for first: what answers works while the page draws the drawer. */
export function openLogits(): void {
  const { cursor, setOverlay } = useStore.getState()
  if (cursor.run === undefined || cursor.token === undefined) return
  const position = cursor.token - 1
  if (position >= 0) begun = { runId: cursor.run, position, answer: call('sampler.explain', { runId: cursor.run, position }) }
  setOverlay('logits')
}

/** The row and what every sampler stage did to it; what openLogits began is taken once. `sampling` undefined: as the run was generated. */
export function explain(runId: string, position: number, sampling: SamplingMessage | undefined): Promise<Explained> {
  const early = begun
  begun = undefined
  if (sampling === undefined && early?.runId === runId && early.position === position) return early.answer
  return call('sampler.explain', { runId, position, ...(sampling === undefined ? {} : { sampling }) })
}
