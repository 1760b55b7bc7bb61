import { GretaError } from '../../shared/errors'
import type { Surroundings } from '../program'

/** Progress on a terminal's stderr and Ctrl-C as an AbortSignal, for tools that take seconds to minutes. */
export interface LongWork {
  readonly signal: AbortSignal
  readonly say: (what: string) => void
}

export async function asLongWork<T>(surroundings: Surroundings, json: boolean, work: (control: LongWork) => Promise<T>): Promise<T> {
  const abort = new AbortController()
  const removeInterrupt = surroundings.onInterrupt(() => abort.abort())
  const shows = surroundings.errIsTerminal && !json
  try {
    return await work({ signal: abort.signal, say: (what) => surroundings.err(shows ? `\r\u001b[K${what}` : '') })
  } catch (thrown) {
    // Whatever it was that gave up: the person asked for it.
    throw abort.signal.aborted ? new GretaError('cancelled', 'Interrupted.') : thrown
  } finally {
    if (shows) surroundings.err('\r\u001b[K')
    removeInterrupt()
  }
}
