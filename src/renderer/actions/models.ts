import type { LoadOptions } from '../../shared/protocol'
import { call } from '../bridge'
import { useStore } from '../store'
import { reportError } from './report'

/** Loads a model; progress and the result come as events. Returns whether it is there. */
export async function loadModel(path: string, options: LoadOptions = {}): Promise<boolean> {
  const { setConnection } = useStore.getState()
  setConnection({ loading: { path, phase: 'reading', fraction: 0 }, loadError: undefined })
  const result = await call('model.load', { path, options })
  setConnection({ loading: undefined })
  if (result.ok) return true
  if (result.error.code !== 'cancelled') setConnection({ loadError: result.error })
  reportError(result.error)
  return false
}

/** The model that comes with the workbench; false when this build has none. */
export async function loadBundledModel(): Promise<boolean> {
  const path = useStore.getState().engineInfo?.bundledModel
  return path === undefined ? false : loadModel(path)
}
