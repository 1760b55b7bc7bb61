import { argmaxOfCandidates, candidateDivergence } from './candidate-divergence'
import { type DriftReference, type DriftRow } from './drift-rows'
import { SKETCH_ROWS, sketchRelativeError } from './sketch'

/** Drift of one generated position against the reference. */
export interface DriftStep {
  readonly position: number
  /** One relative error a layer (residual stream after the block), estimated from sketches; empty where a side has none. */
  readonly layerErrors: Float32Array
  /** KL(reference ‖ test) over the reference's best candidates and the rest as one bucket, nats: a lower bound of the true one. */
  readonly klDivergence: number
  /** The favourite token differs. */
  readonly flip: boolean
  readonly referenceTop: number
  readonly testTop: number
  /** Tokens that the tested side was ahead when this one had been compared. */
  readonly lag: number
}

export function compareDriftRows(reference: DriftRow, test: DriftRow, lag: number): DriftStep {
  const layers = Math.min(reference.sketches.length, test.sketches.length) / SKETCH_ROWS
  const layerErrors = Float32Array.from({ length: layers }, (_, layer) => {
    const begin = layer * SKETCH_ROWS
    return sketchRelativeError(reference.sketches.subarray(begin, begin + SKETCH_ROWS), test.sketches.subarray(begin, begin + SKETCH_ROWS))
  })
  const referenceTop = argmaxOfCandidates(reference)
  const testTop = argmaxOfCandidates(test)
  return {
    position: test.position,
    layerErrors,
    klDivergence: candidateDivergence(reference, test),
    flip: referenceTop !== testTop,
    referenceTop,
    testTop,
    lag
  }
}

/**
 * Follows a generation without ever holding it up: rows of the tested side are queued, the reference works through them
 * at its own speed, and every step says how far behind it is.
 */
export class DriftFollower {
  readonly #reference: DriftReference
  readonly #onSteps: (steps: readonly DriftStep[]) => void
  readonly #ids: number[]
  #queue: DriftRow[] = []
  #working: Promise<void> | undefined
  #stopped = false
  #failure: { readonly thrown: unknown } | undefined
  #firstUnmatched: number | undefined

  readonly #ready: Promise<void> | undefined

  /**
   * `ids` is the prompt; push() brings the rows, and the tokens that follow them. A reference answers one question at a time:
   * whoever asked it before is `earlier`, and is waited for.
   */
  constructor(reference: DriftReference, ids: readonly number[], onSteps: (steps: readonly DriftStep[]) => void, earlier?: DriftFollower) {
    this.#reference = reference
    this.#ready = earlier?.settled().catch(() => undefined)
    this.#ids = [...ids]
    this.#onSteps = onSteps
  }

  /** The first position that the reference had no row for: a recorded run ended there, or went on with another token. */
  get firstUnmatched(): number | undefined {
    return this.#firstUnmatched
  }

  /** Rows in order of position; `followingIds` are the tokens chosen after them. */
  push(rows: readonly DriftRow[], followingIds: readonly number[]): void {
    if (this.#stopped) return
    this.#queue.push(...rows)
    this.#ids.push(...followingIds)
    this.#working ??= this.#work()
      .catch((thrown: unknown) => {
        this.#failure ??= { thrown }
        this.stop()
      })
      .finally(() => {
        this.#working = undefined
      })
  }

  /** Resolves when everything pushed so far has been compared. Rejects with what the reference reported. */
  async settled(): Promise<void> {
    while (this.#working !== undefined) await this.#working
    if (this.#failure !== undefined) throw this.#failure.thrown
  }

  stop(): void {
    this.#stopped = true
    this.#queue = []
  }

  async #work(): Promise<void> {
    if (this.#ready !== undefined) await this.#ready
    while (this.#queue.length > 0 && !this.#stopped) {
      const rows = this.#queue
      this.#queue = []
      const from = rows[0]?.position ?? 0
      const to = (rows.at(-1)?.position ?? 0) + 1
      const byPosition = new Map((await this.#reference.rows(this.#ids, from, to)).map((row) => [row.position, row]))
      const lag = this.#queue.length
      const steps = rows.flatMap((row) => {
        const reference = byPosition.get(row.position)
        if (reference === undefined) this.#firstUnmatched ??= row.position
        return reference === undefined ? [] : [compareDriftRows(reference, row, lag)]
      })
      if (!this.#stopped && steps.length > 0) this.#onSteps(steps)
    }
  }
}
