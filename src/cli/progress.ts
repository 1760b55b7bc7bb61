import type { LoadProgress } from '../engine/session'
import type { Surroundings } from './program'

/** Shown only when a load takes longer than this: a small model loads before anybody could read it. */
const PATIENCE_MILLISECONDS = 500

/** Runs a load with a progress line on a terminal's stderr, and Ctrl-C that ends it; `interrupt`: where the caller listens for it. */
export async function withProgress<T>(
  surroundings: Surroundings,
  silent: boolean,
  load: (control: { readonly onProgress: (progress: LoadProgress) => void; readonly signal: AbortSignal }) => Promise<T>,
  interrupt?: AbortSignal
): Promise<T> {
  const abort = new AbortController()
  const removeInterrupt = interrupt === undefined ? surroundings.onInterrupt(() => abort.abort()) : undefined
  const begin = Date.now()
  let shown = -1
  const onProgress = ({ fraction }: LoadProgress): void => {
    const percent = Math.floor(fraction * 100)
    if (silent || !surroundings.errIsTerminal || percent === shown || Date.now() - begin < PATIENCE_MILLISECONDS) return
    shown = percent
    surroundings.err(`\rLoading ${percent} %`)
  }
  try {
    return await load({ onProgress, signal: interrupt ?? abort.signal })
  } finally {
    if (shown >= 0) surroundings.err('\r\u001b[K')
    removeInterrupt?.()
  }
}
