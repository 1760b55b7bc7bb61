import { GretaError } from '../../shared/errors'
import { traceIndex } from '../../shared/model/trace-points'
import type { RecordedDetail } from '../bundle/bundle'
import { CAPTURED, generatedIds, PHASES, type RunColumns } from '../bundle/columns'
import type { Session, StepBatch } from '../session/types'
import { evaluateSteps } from './collect'
import { SKETCH_ROWS, sketchInto } from './sketch'

/** What one generated position looked like: the residual stream after every layer, sketched, and the best candidates. */
export interface DriftRow {
  readonly position: number
  /** layers × SKETCH_ROWS; empty where none were kept. */
  readonly sketches: Float32Array
  readonly candidateIds: Int32Array
  readonly candidateLogits: Float32Array
  readonly logSumExp: number
}

/** What a drift is measured against: the reference engine in lockstep, or a recorded run's rows. */
export interface DriftReference {
  readonly label: string
  /** Whether its rows have sketches: without, only the distributions are compared. */
  readonly hasLayers: boolean
  /**
   * Rows of positions [from, to) of the sequence `ids`; may compute them. Fewer where the reference knows no more: a recorded
   * run ends, or went on with another token.
   */
  rows(ids: readonly number[], from: number, to: number): Promise<readonly DriftRow[]>
}

/** Trace indices whose rows a drift is made of: the residual stream after every block. */
export const driftIndices = (layers: number): number[] => Array.from({ length: layers }, (_, layer) => traceIndex(layer, 'layer_out'))

/** Sketches of a batch that was evaluated or generated with driftIndices() as its captures: rows × layers × SKETCH_ROWS. */
export function sketchesOf({ captures, count }: StepBatch, layers: number, embeddingLength: number): Float32Array {
  if (captures === undefined) return new Float32Array(0)
  const sketches = new Float32Array(count * layers * SKETCH_ROWS)
  for (let row = 0; row < count * layers; row += 1) {
    sketchInto(
      captures.subarray(row * embeddingLength, (row + 1) * embeddingLength),
      sketches.subarray(row * SKETCH_ROWS, (row + 1) * SKETCH_ROWS)
    )
  }
  return sketches
}

/** The drift rows of a batch; the sketches stay views. */
export function driftRowsOf(batch: StepBatch, layers: number, sketches: Float32Array): DriftRow[] {
  const k = batch.candidatesPerStep
  const width = sketches.length === 0 ? 0 : layers * SKETCH_ROWS
  return Array.from({ length: batch.count }, (_, row) => ({
    position: batch.positions[row] as number,
    sketches: sketches.subarray(row * width, (row + 1) * width),
    candidateIds: batch.candidateIds.slice(row * k, (row + 1) * k),
    candidateLogits: batch.candidateLogits.slice(row * k, (row + 1) * k),
    logSumExp: batch.logSumExps[row] as number
  }))
}

/** The reference engine, fed with the tested side's tokens. */
export function lockstepReference(session: Session, candidates: number): DriftReference {
  const { layerCount, embeddingLength, name } = session.config
  return {
    label: `${session.backend.name} · ${name}, in lockstep`,
    hasLayers: true,
    rows: async (ids, from, to) => {
      const rows: DriftRow[] = []
      await evaluateSteps(session, { ids: ids.slice(0, to), from, candidates, trace: { captures: driftIndices(layerCount) } }, (batch) => {
        for (const row of driftRowsOf(batch, layerCount, sketchesOf(batch, layerCount, embeddingLength)))
          if (row.position >= from) rows.push(row)
      })
      return rows
    }
  }
}

/** A sequence that was generated before, and what its rows looked like. */
export interface DriftRecording {
  readonly label: string
  readonly ids: readonly number[]
  readonly rows: readonly DriftRow[]
}

/** A recorded run: its rows hold for as long as the tokens are the same. */
export function recordedReference({ label, ids: recorded, rows }: DriftRecording): DriftReference {
  const byPosition = new Map(rows.map((row) => [row.position, row]))
  let same = 0
  return {
    label,
    hasLayers: rows.some((row) => row.sketches.length > 0),
    rows: async (ids, from, to) => {
      // A row saw the tokens up to its own position. What was compared before is not compared again, and a rewind shows.
      same = Math.min(same, from)
      while (same < Math.min(to, recorded.length) && ids[same] === recorded[same]) same += 1
      const found: DriftRow[] = []
      for (let position = from; position < Math.min(to, same); position += 1) {
        const row = byPosition.get(position)
        if (row !== undefined) found.push(row)
      }
      return found
    }
  }
}

/** The drift rows of a recorded run. Throws GretaError 'usage' for one that kept no candidates: there is nothing to compare. */
export function recordingOf(detail: RecordedDetail, columns: RunColumns): DriftRecording {
  const { candidatesPerStep: k, layerCount } = columns
  const width = layerCount * SKETCH_ROWS
  const { name, quantLabel, backend } = detail.row
  const label = `${name === '' ? `run ${detail.row.id}` : name} · ${backend} · ${quantLabel}, recorded`
  const rows: DriftRow[] = []
  for (let row = 0; row < columns.rowCount; row += 1) {
    if (PHASES[columns.phases[row] as number] !== 'generated') continue
    const sketched = ((columns.captured[row] as number) & CAPTURED.sketches) !== 0
    rows.push({
      position: columns.scalars.positions[row] as number,
      sketches: sketched ? columns.sketches.subarray(row * width, (row + 1) * width) : new Float32Array(0),
      candidateIds: columns.candidateIds.subarray(row * k, (row + 1) * k),
      candidateLogits: columns.candidateLogits.subarray(row * k, (row + 1) * k),
      logSumExp: columns.scalars.logSumExps[row] as number
    })
  }
  if (k === 0 || rows.length === 0)
    throw new GretaError(
      'usage',
      `${label}: it holds no candidate logits, so there is nothing to compare with.`,
      'Record a run with capture at "logits" or above.'
    )
  return { label, ids: [...detail.promptIds, ...generatedIds(columns)], rows }
}

/** Throws GretaError 'usage' when a run of another model, or with another beginning, cannot be compared with this one. */
export function checkRecordingFits(
  detail: RecordedDetail,
  recording: DriftRecording,
  session: Session,
  promptIds: readonly number[]
): void {
  const { layerCount, embeddingLength, vocabularySize } = session.config
  const then = detail.model.config
  if (then.layerCount !== layerCount || then.embeddingLength !== embeddingLength || then.vocabularySize !== vocabularySize)
    throw new GretaError(
      'usage',
      `${recording.label}: made with ${then.layerCount} layers of ${then.embeddingLength} and ${then.vocabularySize} tokens; the loaded model has ${layerCount} of ${embeddingLength} and ${vocabularySize}.`,
      'Choose a run of a model of the same shape.'
    )
  const other = promptIds.findIndex((id, index) => recording.ids[index] !== id)
  if (other >= 0)
    throw new GretaError(
      'usage',
      `${recording.label}: it began with another prompt, which differs at token ${other}.`,
      'Generate with the prompt of the recorded run, or choose another run.'
    )
}
