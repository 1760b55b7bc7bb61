import * as v from 'valibot'
import { LAYER_POINTS } from '../model/trace-points'
import { count, type Value } from './schemas'

/** Faults that can be planted; the names follow native/backend/backend.h. */
export const FAULT_KINDS = ['nan-at-point', 'scale-weight-row', 'drop-k-tile', 'wrong-rope-base', 'stale-kv-slot'] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

/** A deliberate fault. The backend checks layer, point and index against the model. Unused numbers are 0, an unused factor 1. */
export const faultSchema = v.object({
  kind: v.picklist(FAULT_KINDS),
  layer: count,
  point: v.picklist(LAYER_POINTS),
  position: count,
  index: count,
  count,
  factor: v.pipe(v.number(), v.finite())
})
export type FaultSettings = Value<typeof faultSchema>

/** As `--fault` takes it on the command line: "nan-at-point@4.attn_out:position=12,index=256". */
export function faultText(fault: FaultSettings): string {
  const numbers = [
    fault.position === 0 ? undefined : `position=${fault.position}`,
    fault.index === 0 ? undefined : `index=${fault.index}`,
    fault.count === 0 ? undefined : `count=${fault.count}`,
    fault.factor === 1 ? undefined : `factor=${fault.factor}`
  ].filter((part) => part !== undefined)
  return `${fault.kind}@${fault.layer}.${fault.point}${numbers.length === 0 ? '' : `:${numbers.join(',')}`}`
}
