import { call } from '../bridge'
import { useStore } from '../store'
import { runRegistry } from '../store/run-registry'
import { takeEarlyFrames } from '../store/wire'
import { reportError } from './report'

/** Brings the arrays of a run into the page without moving the cursor. */
export async function fetchRun(id: string): Promise<boolean> {
  const { setRun } = useStore.getState()
  const here = runRegistry.get(id)
  if (here === undefined || here.tokenCount === here.promptCount) {
    const opened = await call('runs.open', { id })
    if (!opened.ok) {
      reportError(opened.error)
      return false
    }
    const detail = opened.value
    const columns = runRegistry.adopt(detail)
    const running = detail.row.state === 'running'
    setRun(id, { detail, finished: detail.row.state === 'running' ? undefined : detail.row.state, summary: detail.row.summary })
    takeEarlyFrames(columns)
    if (!running) {
      const sent = await call('runs.frames', { id })
      if (!sent.ok) reportError(sent.error)
    }
  }
  return true
}

/** Shows a run of the library in the same views as a live one. */
export async function openRun(id: string, { history = true }: { readonly history?: boolean } = {}): Promise<boolean> {
  if (!(await fetchRun(id))) return false
  const { moveCursor, pushHistory } = useStore.getState()
  moveCursor({ run: id, token: undefined, layer: undefined, point: undefined, element: undefined })
  if (history) pushHistory(id)
  runRegistry.trim([id, useStore.getState().live?.runId])
  return true
}
