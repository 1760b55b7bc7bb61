import { sendFile } from '../../actions/files'
import { valueOrReport } from '../../actions/report'
import { call, pathOfDroppedFile } from '../../bridge'
import { useStore } from '../../store'
import { inspectModel } from './model-state'

export const hasCapability = (capability: 'dialogs' | 'local-paths'): boolean =>
  useStore.getState().welcome?.capabilities.includes(capability) === true

/** The system's dialog, where there is one. */
export async function openWithDialog(purpose: 'model' | 'model-folder'): Promise<void> {
  const chosen = valueOrReport(await call('app.openDialog', { purpose }))
  if (chosen?.path !== undefined && chosen.path !== null) await inspectModel(chosen.path)
}

/** A dropped file: by its path where page and engine see the same files, else by sending its bytes. */
export async function openDropped(file: File): Promise<void> {
  const path = hasCapability('local-paths') ? pathOfDroppedFile(file) : ''
  if (path !== '') return inspectModel(path)
  const sent = await sendFile(file)
  if (sent !== undefined) await inspectModel(sent)
}
