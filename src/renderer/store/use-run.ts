import { useStore } from './index'
import type { RunColumns } from './run-columns'
import { runRegistry } from './run-registry'
import type { RunState } from './session'
import type { Vocabulary } from './vocabulary'

/** Id of the run that the cursor is on. */
export const useShownRunId = (): string | undefined => useStore((state) => state.cursor.run)

/** State of the shown run: redraws when it begins, ends or is renamed, not with every token. */
export const useShownRun = (): RunState | undefined =>
  useStore((state) => (state.cursor.run === undefined ? undefined : state.runs[state.cursor.run]))

/** Arrays of the shown run; redraws the component once per animation frame ('frame') or ten times a second ('chart') while rows come. */
export function useRunColumns(pace: 'frame' | 'chart'): RunColumns | undefined {
  const runId = useShownRunId()
  useStore((state) => (pace === 'frame' ? state.tick : state.slowTick))
  return runRegistry.get(runId)
}

/** The vocabulary that the run's ids mean, when the loaded model is the run's model; undefined otherwise: ids of another model say nothing. */
export function useRunVocabulary(columns: RunColumns | undefined): Vocabulary | undefined {
  const vocabulary = useStore((state) => state.vocabulary)
  const path = useStore((state) => state.model?.path)
  const sha256 = useStore((state) => state.model?.sha256)
  if (columns === undefined) return vocabulary
  const { model } = columns.detail
  return model.path === path || (model.sha256 !== undefined && model.sha256 === sha256) ? vocabulary : undefined
}
