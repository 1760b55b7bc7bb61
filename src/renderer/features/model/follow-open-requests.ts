import { valueOrReport } from '../../actions/report'
import { openRun } from '../../actions/runs'
import { call } from '../../bridge'
import { useStore } from '../../store'
import { showModel } from './model-state'

/** Files named outside the page (command line, a drop on the icon, the menu): models are shown, recorded runs opened. */
export function followOpenRequests(): void {
  useStore.subscribe((state, before) => {
    const path = state.openRequest
    if (path === undefined || path === before.openRequest) return
    useStore.setState({ openRequest: undefined })
    if (path.toLowerCase().endsWith('.greta')) void openRecording(path)
    else showModel(path)
  })
}

async function openRecording(path: string): Promise<void> {
  const row = valueOrReport(await call('runs.import', { path }))
  if (row !== undefined && (await openRun(row.id))) useStore.getState().showView('play')
}
