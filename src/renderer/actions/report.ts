import type { GretaErrorData } from '../../shared/errors'
import type { Result } from '../../shared/result'
import { translateNow } from '../i18n'
import { useStore } from '../store'

/** Shows an error as it came: what, and what to do about it. A request that the person cancelled is no error. */
export function reportError(error: GretaErrorData, title: string = translateNow('app.requestFailed')): void {
  if (error.code === 'cancelled') return
  useStore.getState().toast({ tone: 'danger', title, detail: error.hint === undefined ? error.message : `${error.message} ${error.hint}` })
}

/** The value, or undefined after the error was shown. */
export function valueOrReport<T>(result: Result<T>, title?: string): T | undefined {
  if (result.ok) return result.value
  reportError(result.error, title)
  return undefined
}
