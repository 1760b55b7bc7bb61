import { GretaError } from '../../shared/errors'
import type { FinishReport } from './types'

/** A request reports its failure as data; for callers that cannot go on without its result. */
export function throwIfFailed({ error }: FinishReport): void {
  if (error !== undefined) throw GretaError.of(error)
}
