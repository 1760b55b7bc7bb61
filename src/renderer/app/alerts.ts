import { tracePointAt } from '../../shared/model/trace-points'
import { useStore } from '../store'
import { runRegistry } from '../store/run-registry'

/** Moves the one cursor to the first NaN, infinity or saturation of the shown run, in Layers. */
export function goToFirstAlert(): void {
  const { cursor, moveCursor, showView } = useStore.getState()
  const columns = runRegistry.get(cursor.run)
  const [first] = columns?.statistics?.alerts.list() ?? []
  if (columns === undefined || first === undefined) return
  const { layer, point } = tracePointAt(first.traceIndex, columns.layerCount)
  moveCursor({ token: first.firstPosition, layer, point, element: undefined })
  showView('layers')
}
