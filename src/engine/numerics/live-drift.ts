import { traceIndex } from '../../shared/model/trace-points'
import type { Session, StepBatch } from '../session/types'
import { evaluateSteps } from './collect'
import { argmaxOfCandidates, candidateDivergence } from './candidate-divergence'
import { SKETCH_ROWS, sketchOf, sketchRelativeError } from './sketch'

/** Drift of one generated position against the reference. */
export interface DriftStep {
  readonly position: number
  /** One relative error a layer (residual stream after the block), estimated from sketches. */
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

/** What a drift is measured against: the reference engine in lockstep, or a recorded run's rows. */
export interface DriftReference {
  readonly label: string
  /** Rows of positions [from, to) of the sequence `ids`; may compute them. */
  rows(ids: readonly number[], from: number, to: number): Promise<readonly DriftRow[]>
}

export interface DriftRow {
  readonly position: number
  /** layers × SKETCH_ROWS. */
  readonly sketches: Float32Array
  readonly candidateIds: Int32Array
  readonly candidateLogits: Float32Array
  readonly logSumExp: number
}

/** Trace indices whose rows a drift is made of: the residual stream after every block. */
export const driftIndices = (layers: number): number[] => Array.from({ length: layers }, (_, layer) => traceIndex(layer, 'layer_out'))

/** The drift rows of a batch that was evaluated or generated with driftIndices() as its captures. */
export function driftRowsOf(batch: StepBatch, layers: number, embeddingLength: number): DriftRow[] {
  const { captures, candidatesPerStep: k } = batch
  if (captures === undefined) return []
  return Array.from({ length: batch.count }, (_, row) => {
    const sketches = new Float32Array(layers * SKETCH_ROWS)
    for (let layer = 0; layer < layers; layer += 1) {
      const begin = (row * layers + layer) * embeddingLength
      sketches.set(sketchOf(captures.subarray(begin, begin + embeddingLength)), layer * SKETCH_ROWS)
    }
    return {
      position: batch.positions[row] as number,
      sketches,
      candidateIds: batch.candidateIds.slice(row * k, (row + 1) * k),
      candidateLogits: batch.candidateLogits.slice(row * k, (row + 1) * k),
      logSumExp: batch.logSumExps[row] as number
    }
  })
}

/** The reference engine, fed with the tested side's tokens. */
export function lockstepReference(session: Session, candidates: number): DriftReference {
  const { layerCount, embeddingLength, name } = session.config
  return {
    label: `${session.backend.name} · ${name}, in lockstep`,
    rows: async (ids, from, to) => {
      const rows: DriftRow[] = []
      await evaluateSteps(session, { ids: ids.slice(0, to), from, candidates, trace: { captures: driftIndices(layerCount) } }, (batch) => {
        for (const row of driftRowsOf(batch, layerCount, embeddingLength)) if (row.position >= from) rows.push(row)
      })
      return rows
    }
  }
}

export function compareDriftRows(reference: DriftRow, test: DriftRow, lag: number): DriftStep {
  const layers = reference.sketches.length / SKETCH_ROWS
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

  /** `ids` is the prompt; push() brings the rows, and the tokens that follow them. */
  constructor(reference: DriftReference, ids: readonly number[], onSteps: (steps: readonly DriftStep[]) => void) {
    this.#reference = reference
    this.#ids = [...ids]
    this.#onSteps = onSteps
  }

  /** Rows in order of position; `followingIds` are the tokens chosen after them. */
  push(rows: readonly DriftRow[], followingIds: readonly number[]): void {
    if (this.#stopped) return
    this.#queue.push(...rows)
    this.#ids.push(...followingIds)
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
    })
  }

  /** Resolves when everything pushed so far has been compared. Rejects with what the reference reported. */
  async settled(): Promise<void> {
    while (this.#working !== undefined) await this.#working
  }

  stop(): void {
    this.#stopped = true
    this.#queue = []
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0 && !this.#stopped) {
      const rows = this.#queue
      this.#queue = []
      const from = rows[0]?.position ?? 0
      const to = (rows.at(-1)?.position ?? 0) + 1
      const byPosition = new Map((await this.#reference.rows(this.#ids, from, to)).map((row) => [row.position, row]))
      const lag = this.#queue.length
      const steps = rows.flatMap((row) => {
        const reference = byPosition.get(row.position)
        return reference === undefined ? [] : [compareDriftRows(reference, row, lag)]
      })
      if (!this.#stopped) this.#onSteps(steps)
    }
  }
}
