import { driftIndices, DriftFollower, driftRowsOf, lockstepReference } from '../engine/numerics/live-drift'
import type { Session, StepBatch } from '../engine/session/types'
import { GretaError, toErrorData } from '../shared/errors'
import { type Answer, type EventData, type EventName, type Side, toWire } from '../shared/protocol'
import type { NumericsService } from './numerics-service'

/** Candidates a drift row is compared by. */
const CANDIDATES = 10

/** One generation that is being followed. */
export interface FollowedRun {
  readonly captures: readonly number[]
  push(batch: StepBatch): void
  /** The generation is over; what is still queued is compared, then `drift.ended` is said. */
  end(): void
}

/** Lets a reference engine follow every generation, at its own speed: the generation never waits for it. */
export class DriftService {
  private reference: Session | undefined
  private follower: DriftFollower | undefined

  constructor(
    private readonly numerics: NumericsService,
    private readonly tell: <E extends EventName>(event: E, data: EventData<E>) => void
  ) {}

  async follow(side: Side): Promise<Answer<'drift.follow'>> {
    await this.stop()
    this.reference = await this.numerics.openSide(side, 'reference')
    return { reference: lockstepReference(this.reference, CANDIDATES).label }
  }

  async stop(): Promise<void> {
    const { reference } = this
    this.follower?.stop()
    this.follower = undefined
    this.reference = undefined
    await reference?.close()
  }

  /** What a generation of `session` should capture, and where its rows go; undefined when nobody follows. */
  begin(session: Session, ids: readonly number[], handle: number): FollowedRun | undefined {
    const { reference } = this
    if (reference === undefined) return undefined
    const { layerCount, embeddingLength, vocabularySize } = session.config
    if (
      reference.config.layerCount !== layerCount ||
      reference.config.embeddingLength !== embeddingLength ||
      reference.config.vocabularySize !== vocabularySize
    ) {
      const error = new GretaError('usage', 'The reference that follows has another shape than the loaded model.', 'Start following again.')
      this.tell('drift.ended', { handle, error: error.toData() })
      return undefined
    }
    this.follower?.stop()
    const follower = new DriftFollower(lockstepReference(reference, CANDIDATES), ids, (steps) =>
      this.tell('drift.steps', { handle, steps: toWire(steps) as EventData<'drift.steps'>['steps'] })
    )
    this.follower = follower
    return {
      captures: driftIndices(layerCount),
      push: (batch) => {
        if (batch.phase === 'generated')
          follower.push(
            driftRowsOf(batch, layerCount, embeddingLength),
            Array.from(batch.ids).filter((id) => id >= 0)
          )
      },
      end: () => {
        follower.settled().then(
          () => this.tell('drift.ended', { handle }),
          (thrown: unknown) => this.tell('drift.ended', { handle, error: toErrorData(thrown) })
        )
      }
    }
  }
}
