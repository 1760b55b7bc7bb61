import { tracePointAt } from '../../../shared/model/trace-points'
import type { TraceStatistics } from '../../statistics'
import { ALERT_SEVERITY } from '../../statistics'
import { useStore } from '../../store'
import { originOf, producersOf } from './operation-graph'
import type { ShownCell } from './use-layers'

/** Cells the person came from by walking the graph, latest last. */
const trail: ShownCell[] = []
const TRAIL_LENGTH = 100

export function goToCell(cell: ShownCell, layers: number): void {
  const { layer, point } = tracePointAt(cell.traceIndex, layers)
  useStore.getState().moveCursor({ token: cell.position, layer, point, element: undefined })
}

/** To another tensor of the graph, remembering the way. */
export function walkTo(from: ShownCell, traceIndex: number, layers: number): void {
  trail.push(from)
  if (trail.length > TRAIL_LENGTH) trail.shift()
  goToCell({ position: from.position, traceIndex }, layers)
}

export function walkBack(layers: number): boolean {
  const last = trail.pop()
  if (last === undefined) return false
  goToCell(last, layers)
  return true
}

/** Upstream: to the bad input where there is one, else to the first input. */
export function walkUpstream(cell: ShownCell, trace: TraceStatistics): boolean {
  const producers = producersOf(cell.traceIndex, trace.layerCount)
  const bad = producers.filter((index) => isBad(trace, cell.position, index))
  const next = bad.length > 0 ? Math.min(...bad) : producers[0]
  if (next === undefined) return false
  walkTo(cell, next, trace.layerCount)
  return true
}

export const isBad = (trace: TraceStatistics, position: number, index: number): boolean => trace.severity(position, index) >= ALERT_SEVERITY

/** Where the trouble of a bad cell begins at its token; undefined for a good cell. */
export function originOfCell(trace: TraceStatistics, { position, traceIndex }: ShownCell): number | undefined {
  if (!isBad(trace, position, traceIndex)) return undefined
  return originOf(traceIndex, trace.layerCount, (index) => isBad(trace, position, index))
}

/** To the alert after (or before) the cell in order of first occurrence; round at the ends. */
export function goToNextAlert(trace: TraceStatistics, cell: ShownCell | undefined, direction: 1 | -1): boolean {
  const alerts = trace.alerts.list()
  if (alerts.length === 0) return false
  const isAfter = (position: number, index: number) =>
    cell === undefined || position > cell.position || (position === cell.position && index > cell.traceIndex)
  const following = alerts.findIndex((alert) => isAfter(alert.firstPosition, alert.traceIndex))
  const at = direction === 1 ? (following < 0 ? 0 : following) : (following < 0 ? alerts.length : following) - (cell === undefined ? 1 : 2)
  const alert = alerts[(at + alerts.length) % alerts.length]
  if (alert === undefined) return false
  goToCell({ position: alert.firstPosition, traceIndex: alert.traceIndex }, trace.layerCount)
  return true
}
