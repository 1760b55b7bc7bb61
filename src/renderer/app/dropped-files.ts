import { openRun } from '../actions/runs'
import { importFile } from '../features/runs/library'
import { useStore } from '../store'

/** Opens a file dropped on the window: a run in Play, anything else in Model, which says what it is. */
async function openDroppedFile(file: File): Promise<void> {
  const { showView } = useStore.getState()
  if (file.name.toLowerCase().endsWith('.greta')) {
    const id = await importFile(file)
    if (id !== undefined && (await openRun(id))) showView('play')
    return
  }
  showView('model')
  const { openDropped } = await import('../features/model/open-files')
  await openDropped(file)
}

/** Takes drops that no view takes: the browser would leave the page for the file. */
export function takeDroppedFiles(): void {
  window.addEventListener('dragover', (event) => event.preventDefault())
  window.addEventListener('drop', (event) => {
    if (event.defaultPrevented) return
    event.preventDefault()
    const file = event.dataTransfer?.files[0]
    if (file !== undefined) void openDroppedFile(file)
  })
}
