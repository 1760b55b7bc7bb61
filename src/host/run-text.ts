import { randomBytes } from 'node:crypto'
import type { FinishReport } from '../engine/session/types'
import type { GenerationSummary } from '../shared/protocol'

/** Sorts by time, is unique, and is a file name everywhere: "20261121-014512-9f3a1c". */
export function newRunId(now: Date = new Date()): string {
  const digits = now.toISOString().replace(/\D/g, '')
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${randomBytes(3).toString('hex')}`
}

const orZero = (value: number): number => (Number.isFinite(value) ? value : 0)

/** The report as the page and the run file carry it: NaN, which JSON has no word for, becomes "absent" or 0 where nothing was measured. */
export function summaryOf(report: FinishReport, promptTokens: number, generatedTokens: number): GenerationSummary {
  const first = report.timeToFirstTokenMilliseconds
  return {
    promptTokens,
    generatedTokens,
    reusedTokens: report.reusedTokenCount,
    prefillMilliseconds: orZero(report.prefillMilliseconds),
    ...(Number.isFinite(first) ? { timeToFirstTokenMilliseconds: first } : {}),
    decodeMilliseconds: orZero(report.decodeMilliseconds),
    totalMilliseconds: orZero(report.totalMilliseconds),
    prefillTokensPerSecond: orZero(report.prefillTokensPerSecond),
    decodeTokensPerSecond: orZero(report.decodeTokensPerSecond),
    nanCount: report.nanCount
  }
}

export const EMPTY_SUMMARY: GenerationSummary = {
  promptTokens: 0,
  generatedTokens: 0,
  reusedTokens: 0,
  prefillMilliseconds: 0,
  decodeMilliseconds: 0,
  totalMilliseconds: 0,
  prefillTokensPerSecond: 0,
  decodeTokensPerSecond: 0,
  nanCount: 0
}
