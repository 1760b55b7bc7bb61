import { driftIndices } from '../engine/numerics/drift-rows'
import type { Running, Session } from '../engine/session/types'
import { fromSamplingMessage, type GenerationSettings } from '../shared/protocol'
import type { DriftService, FollowedRun } from './drift-service'
import { PACE_MILLISECONDS } from './frame-coalescer'
import type { OpenRun } from './open-runs'

/** A generation that the engine has accepted, and who follows it. */
export interface Launched {
  readonly run: OpenRun
  readonly running: Running
  readonly followed: FollowedRun | undefined
}

/** Throws what the engine refuses, and leaves nothing behind then. */
export function launchGeneration(session: Session, run: OpenRun, settings: GenerationSettings, drift: DriftService): Launched {
  const { capture, stopping, sampling, fault } = settings
  const followed = drift.begin(session, run.ids, run.detail.promptIds.length, run.handle)
  const sketched = capture.sketches || followed?.wantsSketches === true
  try {
    const running = session.generate({
      ids: run.ids,
      maxTokens: stopping.maxTokens,
      sampling: fromSamplingMessage(sampling),
      stopStrings: stopping.stopStrings,
      ignoreEndOfGeneration: stopping.ignoreEos,
      paceMilliseconds: PACE_MILLISECONDS,
      trace: {
        stats: capture.level === 'stats',
        blockTimes: capture.timings,
        ...(sketched ? { captures: driftIndices(session.config.layerCount) } : {})
      },
      candidates: capture.level === 'off' ? 0 : capture.candidates,
      ...(fault === undefined ? {} : { faults: [fault] })
    })
    return { run, running, followed }
  } catch (thrown) {
    followed?.end()
    throw thrown
  }
}
