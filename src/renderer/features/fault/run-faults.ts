import type { TracePoint } from '../../../shared/model/trace-points'
import type { FaultSettings, RunDetail } from '../../../shared/protocol'

/** What was planted while a run was generated, in order; what a branch kept of its parent may hold more. */
export const faultsOfRun = ({ segments }: Pick<RunDetail, 'segments'>): readonly FaultSettings[] =>
  segments.flatMap(({ settings }) => (settings.fault === undefined ? [] : [settings.fault]))

/**
 * The fault that the tensors of a run were computed with: that of its last request. One with a fault, or after one, evaluates
 * the whole sequence again.
 */
export const faultOfTensors = ({ settings }: Pick<RunDetail, 'settings'>): FaultSettings | undefined => settings.fault

/** Whether a fault acts on this very tensor at this position, rather than on what is computed from it. */
export const actsOn = (fault: FaultSettings, layer: number, point: TracePoint, position: number): boolean =>
  fault.layer === layer &&
  (fault.kind === 'wrong-rope-base' ? point === 'q' || point === 'k' : fault.point === point) &&
  (fault.kind === 'nan-at-point' ? fault.position === position : fault.kind !== 'stale-kv-slot' || position >= fault.position)
