import type { TraceField } from '../../shared/model/trace-points'
import { TRACE_COUNT_FIELDS, TRACE_FLOAT_FIELDS } from '../../shared/model/trace-points'

/** Every statistic in the order of its word in a trace row (native TraceStats). */
export const TRACE_FIELDS: readonly TraceField[] = [...TRACE_FLOAT_FIELDS, ...TRACE_COUNT_FIELDS]

export const fieldWord = (field: TraceField): number => TRACE_FIELDS.indexOf(field)
export const isCountField = (field: TraceField): boolean => (TRACE_COUNT_FIELDS as readonly string[]).includes(field)

/** Fields that take either sign; the others are >= 0. */
export const isSignedField = (field: TraceField): boolean => field === 'min' || field === 'max' || field === 'mean'

/**
 * Which value stands for a group of cells when they share a pixel: the extreme that matters for the statistic. `mean` takes
 * the value farthest from zero.
 */
export type PoolRule = 'smallest' | 'largest' | 'farthest-from-zero'
export function poolRule(field: TraceField): PoolRule {
  if (field === 'min') return 'smallest'
  return field === 'mean' ? 'farthest-from-zero' : 'largest'
}

/** The representative of a group whose extremes are `least` and `greatest`. */
export function pooled(rule: PoolRule, least: number, greatest: number): number {
  if (rule === 'smallest') return least
  if (rule === 'largest') return greatest
  return -least > greatest ? least : greatest
}
