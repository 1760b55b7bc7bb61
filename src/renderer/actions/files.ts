import { uploadFile } from '../bridge'
import { translateNow } from '../i18n'
import { useStore } from '../store'
import { reportError, valueOrReport } from './report'

let sending: AbortController | undefined

/**
 * Sends a file to the engine's machine, one at a time; its path there, or undefined after cancelSending or an error that was
 * shown. How far it is stands in the store.
 */
export async function sendFile(file: File): Promise<string | undefined> {
  const { setConnection, announce } = useStore.getState()
  const before = useStore.getState().sending
  if (before !== undefined) {
    reportError({ code: 'busy', message: translateNow('app.sendingAlready', { name: before.name }) })
    return undefined
  }
  const controller = new AbortController()
  sending = controller
  const told = (fraction: number): void => setConnection({ sending: { name: file.name, fraction } })
  told(0)
  const answer = await uploadFile(file, {
    signal: controller.signal,
    onProgress: (receivedBytes) => {
      if (!controller.signal.aborted) told(receivedBytes / file.size)
    }
  })
  setConnection({ sending: undefined })
  if (controller.signal.aborted) announce(translateNow('app.sendingCancelled', { name: file.name }))
  return valueOrReport(answer)?.path
}

export const cancelSending = (): void => sending?.abort()
