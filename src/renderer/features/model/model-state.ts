import { create } from 'zustand'
import type { GretaErrorData } from '../../../shared/errors'
import type { LoadOptions, ModelInspection } from '../../../shared/protocol'
import { call } from '../../bridge'
import { useStore } from '../../store'

export const MODEL_TABS = ['overview', 'load', 'tensors', 'metadata', 'tokenizer', 'template'] as const
export type ModelTab = (typeof MODEL_TABS)[number]

/** What the Model view shows. It stays while other views are shown. */
export interface ModelState {
  readonly path: string | undefined
  readonly inspection: ModelInspection | undefined
  readonly inspecting: boolean
  readonly error: GretaErrorData | undefined
  readonly tab: ModelTab
  readonly tensor: string | undefined
  readonly options: LoadOptions
  readonly change: (part: Partial<Omit<ModelState, 'change'>>) => void
}

export const useModelState = create<ModelState>()((set) => ({
  path: undefined,
  inspection: undefined,
  inspecting: false,
  error: undefined,
  tab: 'overview',
  tensor: undefined,
  options: {},
  change: (part) => set(part)
}))

/** Reads headers, tensors and metadata of a file or folder; no weight is read. A later call wins over an earlier one. */
export async function inspectModel(path: string): Promise<void> {
  const { change } = useModelState.getState()
  change({ path, inspecting: true, error: undefined, tensor: undefined })
  const answer = await call('model.inspect', { path })
  if (useModelState.getState().path !== path) return
  if (answer.ok) change({ inspection: answer.value, inspecting: false })
  else change({ inspection: undefined, inspecting: false, error: answer.error })
}

/** Shows a model in the Model view, from anywhere. */
export function showModel(path: string): void {
  useStore.getState().showView('model')
  void inspectModel(path)
}
