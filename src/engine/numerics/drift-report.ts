import { GretaError } from '../../shared/errors'
import { throwIfFailed } from '../session/throw-if-failed'
import type { DriftReport, DriftSpeedReport } from '../../shared/protocol/numerics'
import type { Session } from '../session/types'
import {
  type DriftReference,
  type DriftRecording,
  type DriftRow,
  driftIndices,
  driftRowsOf,
  lockstepReference,
  recordedReference,
  sketchesOf
} from './drift-rows'
import { DriftFollower, type DriftStep } from './live-drift'
import { describeSession } from './parity'

/** Candidates a drift row is compared by. */
const CANDIDATES = 10
/** Rounds before the timed ones: caches and compilers warm up. */
const WARM_UP_ROUNDS = 1

export interface FollowOptions {
  readonly maxTokens: number
  readonly signal?: AbortSignal
  readonly onSteps?: (steps: readonly DriftStep[]) => void
}

interface Followed {
  readonly steps: readonly DriftStep[]
  readonly rows: readonly DriftRow[]
  readonly ids: readonly number[]
  readonly unmatchedFrom: number | undefined
  /** From the request to its last token; what the follower was still busy with afterwards is not in it. */
  readonly generationMilliseconds: number
}

/** Generates from `ids` while `reference` follows, as the workbench does, and waits until it has caught up. */
export async function followGeneration(
  session: Session,
  reference: DriftReference,
  ids: readonly number[],
  options: FollowOptions
): Promise<DriftReport> {
  const { steps, unmatchedFrom } = await follow(session, reference, ids, options)
  const finite = steps.map((step) => step.klDivergence)
  return {
    reference: reference.label,
    test: describeSession(session),
    promptTokens: ids.length,
    // How far behind the follower was is a time; a report is the same every time.
    steps: steps.map(({ position, layerErrors, klDivergence, flip, referenceTop, testTop }) => ({
      position,
      layerErrors: Array.from(layerErrors),
      klDivergence,
      flip,
      referenceTop,
      testTop
    })),
    flips: steps.filter((step) => step.flip).length,
    largestError: steps.reduce((most, step) => Math.max(most, ...step.layerErrors), 0),
    meanKlDivergence: finite.length === 0 ? Number.NaN : finite.reduce((sum, value) => sum + value, 0) / finite.length,
    ...(unmatchedFrom === undefined ? {} : { unmatchedFrom })
  }
}

async function follow(
  session: Session,
  reference: DriftReference | undefined,
  ids: readonly number[],
  { maxTokens, signal, onSteps }: FollowOptions
): Promise<Followed> {
  const { layerCount, embeddingLength } = session.config
  const steps: DriftStep[] = []
  const rows: DriftRow[] = []
  const sequence = [...ids]
  const follower =
    reference === undefined
      ? undefined
      : new DriftFollower(reference, ids, (more) => {
          steps.push(...more)
          onSteps?.(more)
        })
  const running = session.generate({
    ids,
    maxTokens,
    ignoreEndOfGeneration: true,
    candidates: CANDIDATES,
    ...(reference?.hasLayers === true ? { trace: { captures: driftIndices(layerCount) } } : {})
  })
  const cancel = (): void => running.cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    for await (const event of running) {
      if (event.kind !== 'steps' || event.batch.phase !== 'generated') continue
      sequence.push(...event.batch.ids)
      if (follower === undefined) continue
      const more = driftRowsOf(event.batch, layerCount, sketchesOf(event.batch, layerCount, embeddingLength))
      rows.push(...more)
      follower.push(
        more,
        Array.from(event.batch.ids).filter((id) => id >= 0)
      )
    }
    const report = await running.result
    throwIfFailed(report)
    await follower?.settled()
    if (signal?.aborted === true) throw new GretaError('cancelled', 'The generation was cancelled.')
    return { steps, rows, ids: sequence, unmatchedFrom: follower?.firstUnmatched, generationMilliseconds: report.totalMilliseconds }
  } finally {
    signal?.removeEventListener('abort', cancel)
    follower?.stop()
  }
}

/**
 * What following costs a generation: rounds of the same greedy tokens alone, with a recording and with `reference` in lockstep,
 * one after another so that a busy machine is equally busy for all; ratios are taken within a round, and their median counts.
 */
export async function measureDriftSpeed(
  session: Session,
  reference: Session,
  ids: readonly number[],
  options: {
    readonly maxTokens: number
    readonly rounds: number
    readonly signal?: AbortSignal
    readonly onRound?: (round: number) => void
  }
): Promise<DriftSpeedReport> {
  const lockstep = lockstepReference(reference, CANDIDATES)
  const once = async (guide: DriftReference | undefined): Promise<Followed> => {
    session.rewind(0)
    return follow(session, guide, ids, options)
  }
  const first = await once(lockstep)
  const recording: DriftRecording = { label: 'the same tokens, recorded', ids: first.ids, rows: first.rows }
  const alone: number[] = []
  const withRecording: number[] = []
  const inLockstep: number[] = []
  for (let round = -WARM_UP_ROUNDS; round < options.rounds; round += 1) {
    options.onRound?.(round)
    // Alone before and after: what a machine does to one of the two neighbours it does to neither ratio alone.
    const before = (await once(undefined)).generationMilliseconds
    const recorded = (await once(recordedReference(recording))).generationMilliseconds
    const after = (await once(undefined)).generationMilliseconds
    const followed = (await once(lockstep)).generationMilliseconds
    if (round < 0) continue
    const own = (before + after) / 2
    alone.push(own)
    withRecording.push(recorded / own)
    inLockstep.push(followed / own)
  }
  const tokens = first.ids.length - ids.length
  return {
    test: describeSession(session),
    reference: describeSession(reference),
    promptTokens: ids.length,
    generatedTokens: tokens,
    rounds: options.rounds,
    aloneMilliseconds: median(alone),
    recordedRatio: median(withRecording),
    lockstepRatio: median(inLockstep)
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}
