import type { FaultSettings, RunDetail } from '../../../shared/protocol'
import type { TracePoint } from '../../../shared/model/trace-points'

type Record = Pick<RunDetail, 'segments' | 'promptIds'>

/** What was planted while a run was generated, in order; what a branch kept of its parent may hold more. */
export const faultsOfRun = ({ segments }: Pick<Record, 'segments'>): readonly FaultSettings[] =>
  segments.flatMap(({ settings }) => (settings.fault === undefined ? [] : [settings.fault]))

/** The fault under which the row of a position was computed. */
export function faultAt({ segments, promptIds }: Record, position: number): FaultSettings | undefined {
  const token = position + 1 - promptIds.length
  return (segments.findLast(({ firstToken }) => firstToken <= token) ?? segments[0])?.settings.fault
}

/** Whether a fault acts on this very tensor at this position, rather than on what is computed from it. */
export const actsOn = (fault: FaultSettings, layer: number, point: TracePoint, position: number): boolean =>
  fault.layer === layer &&
  (fault.kind === 'wrong-rope-base' ? point === 'q' || point === 'k' : fault.point === point) &&
  (fault.kind === 'nan-at-point' ? fault.position === position : fault.kind !== 'stale-kv-slot' || position >= fault.position)
