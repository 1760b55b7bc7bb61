import { performance } from 'node:perf_hooks'
import type { FinishReport, Session } from '../../engine/session'
import { rateFigure } from '../../shared/figures'
import { formatMilliseconds } from '../../shared/units'
import type { InferSettings } from './settings'
import type { TraceSummary } from './trace-summary'

/** What a run came to, whichever form it is printed in. */
export interface InferResult {
  readonly settings: InferSettings
  readonly session: Session
  readonly promptIds: readonly number[]
  readonly report: FinishReport
  /** From the start of the process to the first token; NaN without one. */
  readonly startToFirstTokenMilliseconds: number
  readonly trace: TraceSummary | undefined
}

export function summaryText({ report, trace }: InferResult): string {
  const { speculation } = report
  const lines = [
    `Prompt: ${report.promptTokenCount} tokens in ${formatMilliseconds(report.prefillMilliseconds)} (${rateFigure(report.prefillTokensPerSecond)} tokens/s)`,
    `Generated: ${report.ids.length} tokens (${finishWords(report)})`,
    `Total time: ${formatMilliseconds(report.totalMilliseconds)}`,
    `Time to first token: ${Number.isNaN(report.timeToFirstTokenMilliseconds) ? 'no token' : formatMilliseconds(report.timeToFirstTokenMilliseconds)}`,
    `Tokens/second: ${rateFigure(report.decodeTokensPerSecond)}`
  ]
  if (speculation !== undefined) {
    const rate = speculation.drafted === 0 ? 0 : (100 * speculation.accepted) / speculation.drafted
    lines.push(`Speculation: ${speculation.accepted} of ${speculation.drafted} guesses accepted (${rate.toFixed(1)} %)`)
  }
  if (report.nanCount > 0) lines.push(`NaN values seen: ${report.nanCount}`)
  return `\n\n${trace === undefined ? '' : trace.text()}${lines.join('\n')}\n`
}

const FINISH_WORDS = {
  length: 'maximum reached',
  'end-of-generation': 'end of text',
  'stop-string': 'stop string',
  'context-full': 'context full',
  cancelled: 'interrupted',
  failed: 'failed',
  evaluated: 'evaluated'
} as const
const finishWords = (report: FinishReport): string => FINISH_WORDS[report.reason]

export function jsonReport({ settings, session, promptIds, report, startToFirstTokenMilliseconds, trace }: InferResult): string {
  const milliseconds = (value: number): number | null => (Number.isNaN(value) ? null : Number(value.toFixed(3)))
  return `${JSON.stringify({
    text: report.text,
    ids: [...report.ids],
    prompt_ids: promptIds,
    finish_reason: report.reason,
    ...(report.error === undefined ? {} : { error: report.error }),
    ...(report.stopString === undefined ? {} : { stop_string: report.stopString }),
    timings: {
      load_ms: milliseconds(session.loadMilliseconds),
      ttft_ms: milliseconds(report.timeToFirstTokenMilliseconds),
      start_to_first_token_ms: milliseconds(startToFirstTokenMilliseconds),
      prefill_ms: milliseconds(report.prefillMilliseconds),
      prefill_tok_s: milliseconds(report.prefillTokensPerSecond),
      decode_ms: milliseconds(report.decodeMilliseconds),
      decode_tok_s: milliseconds(report.decodeTokensPerSecond),
      total_ms: milliseconds(report.totalMilliseconds)
    },
    model: { path: session.model.path, name: session.config.name, parameters: session.config.parameterCount },
    backend: { ...session.backend, ...session.options },
    sampling: { ...settings.sampling, seed: settings.sampling.seed.toString() },
    memory: session.plan,
    nan_count: report.nanCount,
    ...(report.speculation === undefined ? {} : { speculation: report.speculation }),
    ...(trace === undefined ? {} : { stats: trace.points, block_ms: Object.fromEntries(trace.blockMilliseconds) })
  })}\n`
}

/** Milliseconds since the process began. */
export const sinceStart = (): number => performance.now()
