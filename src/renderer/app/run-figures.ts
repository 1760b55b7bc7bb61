import type { GenerationSummary } from '../../shared/protocol'
import type { LiveGeneration } from '../store/session'
import type { RunColumns } from '../store/run-columns'

/** What the status bar says about speed. Undefined where there is nothing to say yet. */
export interface RunFigures {
  readonly firstTokenMilliseconds: number | undefined
  readonly tokensPerSecond: number | undefined
}

/** While generating: from the engine's own clock in the rows so far. Afterwards: the summary, which the command line prints too. */
export function runFigures(columns: RunColumns, live: LiveGeneration | undefined, summary: GenerationSummary | undefined): RunFigures {
  if (live === undefined)
    return {
      firstTokenMilliseconds: summary?.timeToFirstTokenMilliseconds,
      tokensPerSecond: summary === undefined || summary.generatedTokens < 2 ? undefined : summary.decodeTokensPerSecond
    }
  const first = columns.endMilliseconds.values[live.tokensBefore - 1] ?? Number.NaN
  const last = columns.endMilliseconds.values[columns.tokenCount - 2] ?? Number.NaN
  const tokens = columns.tokenCount - live.tokensBefore
  const rate = ((tokens - 1) * 1000) / (last - first)
  return {
    firstTokenMilliseconds: Number.isNaN(first) ? undefined : first,
    tokensPerSecond: tokens >= 2 && Number.isFinite(rate) ? rate : undefined
  }
}
