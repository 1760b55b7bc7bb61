import { useStore } from './index'
import type { RunColumns } from './run-columns'
import { runRegistry } from './run-registry'
import type { RunState } from './session'

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
