import { GretaError } from '../../shared/errors'
import { batchBytes } from './step-batches'
import type { SessionEvent } from './types'

/** Beyond this the receiver is slow: the engine's own ring fills next, and then the inference thread waits. */
const SLOW_RECEIVER_BYTES = 32 * 2 ** 20
/** What is kept for an iterator that has not come yet. */
const UNCLAIMED_BYTES = 64 * 2 ** 20

/**
 * Events between the engine and one reader. Only awaiting the result is allowed too: then nothing is held beyond
 * UNCLAIMED_BYTES, and iterating afterwards says so instead of showing half.
 */
export class EventStream {
  private readonly events: SessionEvent[] = []
  private bytes = 0
  private ended = false
  private claimed = false
  private dropped = false
  private wakeReader: (() => void) | undefined
  /** Called when a slow reader has caught up. */
  onRoom: (() => void) | undefined

  get full(): boolean {
    return this.claimed && this.bytes > SLOW_RECEIVER_BYTES
  }

  push(event: SessionEvent): void {
    if (!this.claimed && this.bytes > UNCLAIMED_BYTES) {
      this.dropped = true
      this.events.length = 0
    }
    if (this.dropped) return
    this.events.push(event)
    this.bytes += eventBytes(event)
    this.wakeReader?.()
  }

  end(): void {
    this.ended = true
    this.wakeReader?.()
  }

  async *read(): AsyncGenerator<SessionEvent, void, void> {
    if (this.claimed) throw new GretaError('internal', 'The events of a request are read once.')
    if (this.dropped) throw new GretaError('internal', 'Nobody read the events of this request while it ran: they were let go.')
    this.claimed = true
    try {
      for (;;) {
        const event = this.events.shift()
        if (event !== undefined) {
          const wasFull = this.full
          this.bytes -= eventBytes(event)
          if (wasFull && !this.full) this.onRoom?.()
          yield event
        } else if (this.ended) {
          return
        } else {
          await new Promise<void>((resolve) => {
            this.wakeReader = resolve
          })
          this.wakeReader = undefined
        }
      }
    } finally {
      // A reader that leaves early must not hold up the engine: the result is all that is still wanted.
      this.dropped = true
      this.events.length = 0
      this.bytes = 0
      this.onRoom?.()
    }
  }
}

const eventBytes = (event: SessionEvent): number => (event.kind === 'steps' ? batchBytes(event.batch) : 64)
