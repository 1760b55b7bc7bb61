import { GretaError } from '../../shared/errors'
import type { OpenedModel } from '../../shared/model/description'

/** What a model is run with. Throws GretaError 'unsupported' with the reason for one that cannot be. */
export function runnableOf({ path, runnable, notRunnable }: OpenedModel): NonNullable<OpenedModel['runnable']> {
  if (runnable !== undefined) return runnable
  throw new GretaError('unsupported', `${path} cannot be run: ${notRunnable ?? 'it holds no weights.'}`)
}
