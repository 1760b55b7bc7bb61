import type { RunStore } from '../engine/bundle/run-store'
import {
  checkRecordingFits,
  type DriftReference,
  driftRowsOf,
  lockstepReference,
  recordedReference,
  recordingOf
} from '../engine/numerics/drift-rows'
import { DriftFollower } from '../engine/numerics/live-drift'
import type { Session, StepBatch } from '../engine/session/types'
import { GretaError, toErrorData } from '../shared/errors'
import { type Answer, type EventData, type EventName, type Side, toWire } from '../shared/protocol'
import type { NumericsService } from './numerics-service'

/** Candidates a drift row is compared by. */
const CANDIDATES = 10

/** One generation that is being followed. */
export interface FollowedRun {
  /** Whether the reference has layers to compare with. */
  readonly wantsSketches: boolean
  push(batch: StepBatch, sketches: Float32Array): void
  /** The generation is over; what is still queued is compared, then `drift.ended` is said. */
  end(): void
}

/** Who follows: made anew for every generation of a session that it fits, or refused with a sentence. */
interface Guide {
  readonly label: string
  readonly hasLayers: boolean
  referenceFor(session: Session, promptIds: readonly number[]): DriftReference
  close(): Promise<void>
}

/** Lets a reference engine, or a recorded run, follow every generation at its own speed: the generation never waits for it. */
export class DriftService {
  private guide: Guide | undefined
  private follower: DriftFollower | undefined

  constructor(
    private readonly numerics: NumericsService,
    private readonly store: RunStore,
    private readonly tell: <E extends EventName>(event: E, data: EventData<E>) => void
  ) {}

  async followEngine(side: Side): Promise<Answer<'drift.follow'>> {
    await this.stop()
    // The generation is what the person waits for.
    const session = await this.numerics.openSide(side, { defaultBackend: 'reference', background: true })
    return this.start(engineGuide(session))
  }

  async followRun(runId: string): Promise<Answer<'drift.follow'>> {
    await this.stop()
    const { detail, columns } = await this.store.read(runId)
    const recording = recordingOf(detail, columns)
    const { label, hasLayers } = recordedReference(recording)
    return this.start({
      label,
      hasLayers,
      referenceFor: (session, promptIds) => {
        checkRecordingFits(detail, recording, session, promptIds)
        return recordedReference(recording)
      },
      close: async () => undefined
    })
  }

  async stop(): Promise<void> {
    const { guide } = this
    this.follower?.stop()
    this.follower = undefined
    this.guide = undefined
    await guide?.close()
  }

  /** Where the rows of a generation of `session` go; undefined when nobody follows. */
  begin(session: Session, ids: readonly number[], promptTokens: number, handle: number): FollowedRun | undefined {
    if (this.guide === undefined) return undefined
    let reference: DriftReference
    try {
      reference = this.guide.referenceFor(session, ids.slice(0, promptTokens))
    } catch (thrown) {
      this.tell('drift.ended', { handle, error: toErrorData(thrown) })
      return undefined
    }
    const earlier = this.follower
    earlier?.stop()
    const follower = new DriftFollower(
      reference,
      ids,
      (steps) => this.tell('drift.steps', { handle, steps: toWire(steps) as EventData<'drift.steps'>['steps'] }),
      earlier
    )
    this.follower = follower
    const { layerCount } = session.config
    return {
      wantsSketches: reference.hasLayers,
      push: (batch, sketches) => {
        if (batch.phase === 'generated')
          follower.push(
            driftRowsOf(batch, layerCount, sketches),
            Array.from(batch.ids).filter((id) => id >= 0)
          )
      },
      end: () => {
        follower.settled().then(
          () =>
            this.tell('drift.ended', {
              handle,
              ...(follower.firstUnmatched === undefined ? {} : { unmatchedFrom: follower.firstUnmatched })
            }),
          (thrown: unknown) => this.tell('drift.ended', { handle, error: toErrorData(thrown) })
        )
      }
    }
  }

  private start(guide: Guide): Answer<'drift.follow'> {
    this.guide = guide
    return { reference: guide.label, layers: guide.hasLayers }
  }
}

function engineGuide(reference: Session): Guide {
  const { label } = lockstepReference(reference, CANDIDATES)
  return {
    label,
    hasLayers: true,
    referenceFor: ({ config }) => {
      const { layerCount, embeddingLength, vocabularySize } = reference.config
      if (layerCount !== config.layerCount || embeddingLength !== config.embeddingLength || vocabularySize !== config.vocabularySize)
        throw new GretaError('usage', 'The reference that follows has another shape than the loaded model.', 'Start following again.')
      return lockstepReference(reference, CANDIDATES)
    },
    close: () => reference.close()
  }
}
