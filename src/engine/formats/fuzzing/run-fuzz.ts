import { GretaError } from '../../../shared/errors'
import { openModel } from '../open-model'
import { brokenInvariants } from './invariants'
import { writeCase } from './write-case'

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export interface FuzzOptions {
  /** A folder that may be filled and emptied. */
  readonly folder: string
  readonly seed: number
  /** The first case; with `cases: 1`, one finding is run again. */
  readonly firstCase?: number
  readonly cases?: number
  readonly seconds?: number
  readonly onCase?: (done: number) => void
}

/** A case whose outcome was neither a GretaError nor a sound model, or that was slow or large. */
export interface Finding {
  readonly seed: number
  readonly case: number
  readonly what: string
}

export interface FuzzReport {
  readonly cases: number
  /** Outcomes by error code; 'opened' for models that opened. */
  readonly outcomes: Readonly<Record<string, number>>
  readonly slowestMilliseconds: number
  readonly slowestCase: number
  readonly largestGrowthBytes: number
  readonly findings: readonly Finding[]
}

/** Far above what any case here needs: a small file must be judged at once and in little memory. */
const MOST_MILLISECONDS = 5000
const MOST_GROWTH_BYTES = 512 * 1024 * 1024
const EXPECTED_CODES: readonly string[] = ['format', 'unsupported', 'not-found', 'io']

/**
 * Opens damaged models one after another and watches what happens. Every case follows from (seed, number) alone, so that
 * a finding can be run again.
 */
export async function fuzzLoaders(options: FuzzOptions): Promise<FuzzReport> {
  const findings: Finding[] = []
  const outcomes: Record<string, number> = {}
  const first = options.firstCase ?? 0
  const end = performance.now() + 1000 * (options.seconds ?? Infinity)
  let slowestMilliseconds = 0
  let slowestCase = -1
  let largestGrowthBytes = 0
  let done = 0
  while (done < (options.cases ?? Infinity) && performance.now() < end) {
    const number = first + done
    const path = writeCase(options.folder, options.seed, number)
    const before = process.memoryUsage.rss()
    const peakBefore = peakBytes()
    const started = performance.now()
    const outcome = await outcomeOf(path)
    const milliseconds = performance.now() - started
    const growth = peakBytes() > peakBefore ? peakBytes() - before : 0
    if (milliseconds > slowestMilliseconds) {
      slowestMilliseconds = milliseconds
      slowestCase = number
    }
    largestGrowthBytes = Math.max(largestGrowthBytes, growth)
    outcomes[outcome.kind] = (outcomes[outcome.kind] ?? 0) + 1
    const report = (what: string): unknown => findings.push({ seed: options.seed, case: number, what })
    for (const what of outcome.problems) report(what)
    if (milliseconds > MOST_MILLISECONDS) report(`it took ${milliseconds.toFixed(0)} ms`)
    if (growth > MOST_GROWTH_BYTES) report(`memory grew by ${growth} bytes`)
    done += 1
    options.onCase?.(done)
    // Opening awaits nothing real: without this, signals and timers would wait for the end.
    if (done % 64 === 0) await nextTurn()
  }
  return { cases: done, outcomes, slowestMilliseconds, slowestCase, largestGrowthBytes, findings }
}

/** The most memory this process ever had; a case that sets a new peak is charged with it. */
const peakBytes = (): number => process.resourceUsage().maxRSS * 1024

interface Outcome {
  readonly kind: string
  readonly problems: readonly string[]
}

async function outcomeOf(path: string): Promise<Outcome> {
  try {
    return { kind: 'opened', problems: brokenInvariants(await openModel(path)) }
  } catch (thrown) {
    if (!(thrown instanceof GretaError)) {
      const what = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
      return { kind: 'crash', problems: [`not a GretaError: ${what}`] }
    }
    const problems: string[] = []
    if (!EXPECTED_CODES.includes(thrown.code)) problems.push(`error code ${thrown.code}: ${thrown.message}`)
    if (thrown.message.includes('\n') || thrown.message.length > 1000)
      problems.push(`not one short sentence: ${thrown.message.slice(0, 200)}`)
    return { kind: thrown.code, problems }
  }
}
