import { GretaError } from '../../shared/errors'
import { BundleReader } from '../bundle/bundle'
import type { Session } from '../session/types'
import { evaluateWindow } from './aligned-steps'
import { limitsFor } from './bands'
import { readLogitsDump } from './logits-dump'

/** A recorded run or dump against a session on this machine. */
export interface RecordedParityReport {
  readonly reference: string
  readonly test: string
  /** What is not the same as then; empty when everything agrees. */
  readonly circumstances: readonly string[]
  readonly positions: number
  /** Every recorded logit has the same bits. */
  readonly identicalPositions: number
  readonly withinLimitPositions: number
  readonly maxAbsoluteDifference: number
  /** Largest |Δlogit| that counts as within the band. */
  readonly limit: number
  readonly firstDifference?: { readonly position: number; readonly what: string }
  /** Per position, in order: identical, within the band, or different. */
  readonly verdicts: readonly { readonly position: number; readonly verdict: 'identical' | 'within band' | 'different' }[]
  readonly verdict: 'ok' | 'failed'
}

export interface RecordedSource {
  readonly run?: string
  readonly dump?: string
  /** The sequence a dump was made from; a run brings its own. */
  readonly ids: readonly number[]
}

/** Logits that were written down for one position: some of a row, or all of it. */
interface RecordedRow {
  readonly position: number
  readonly ids: Int32Array | undefined
  readonly logits: Float32Array
}

interface Recording {
  readonly label: string
  readonly ids: readonly number[]
  readonly rows: readonly RecordedRow[]
  readonly circumstances: readonly string[]
}

/** Evaluates the recorded sequence on `test` and compares what was written down. Throws GretaError for unusable recordings. */
export async function compareWithRecording(test: Session, source: RecordedSource): Promise<RecordedParityReport> {
  if (source.run !== undefined && source.dump !== undefined) throw new GretaError('usage', 'Give a recorded run or a dump, not both.')
  const recording = source.run === undefined ? await readDump(test, source.dump ?? '', source.ids) : await readRun(test, source.run)
  const vocabulary = test.config.vocabularySize
  const outside = recording.ids.find((id) => id >= vocabulary)
  if (outside !== undefined)
    throw new GretaError(
      'usage',
      `${recording.label} has token ${outside}; ${test.config.name} has a vocabulary of ${vocabulary}.`,
      'It was made with another model.'
    )
  // An f32 row of logits of ordinary size agrees to about 1e-4 where the NMSE limit of 1e-9 holds.
  const limit =
    Math.sqrt(
      limitsFor({ sameWeights: true, sameKvType: true, halfKvCache: false, precision: test.options.precision, weightBits: 16 }).logitsNmse
    ) * 10
  const verdicts: { position: number; verdict: 'identical' | 'within band' | 'different' }[] = []
  let largest = 0
  let first: { position: number; what: string } | undefined
  for (const row of recording.rows) {
    const { logits } = await evaluateWindow(test, recording.ids, row.position, row.position + 1, [])
    const difference = compareRow(row, logits)
    largest = Math.max(largest, difference.maximum)
    const verdict = difference.identical ? 'identical' : difference.maximum <= limit * difference.scale ? 'within band' : 'different'
    if (verdict !== 'identical') first ??= { position: row.position, what: difference.what }
    verdicts.push({ position: row.position, verdict })
  }
  const count = (verdict: string): number => verdicts.filter((entry) => entry.verdict === verdict).length
  return {
    reference: recording.label,
    test: `${test.backend.name} · ${test.config.name}`,
    circumstances: recording.circumstances,
    positions: verdicts.length,
    identicalPositions: count('identical'),
    withinLimitPositions: count('within band'),
    maxAbsoluteDifference: largest,
    limit,
    ...(first === undefined ? {} : { firstDifference: first }),
    verdicts,
    verdict: count('different') === 0 ? 'ok' : 'failed'
  }
}

function compareRow(row: RecordedRow, logits: Float32Array): { identical: boolean; maximum: number; scale: number; what: string } {
  let maximum = 0
  let scale = 1
  let what = ''
  let identical = true
  for (let i = 0; i < row.logits.length; i += 1) {
    const id = row.ids === undefined ? i : (row.ids[i] as number)
    if (id < 0) continue
    const recorded = row.logits[i] as number
    const found = logits[id] as number
    if (Object.is(recorded, found)) continue
    identical = false
    const difference = Math.abs(found - recorded)
    scale = Math.max(scale, Math.abs(recorded))
    if (!(difference <= maximum)) {
      maximum = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference
      what = `token ${id} had logit ${recorded}, has ${found}`
    }
  }
  return { identical, maximum, scale, what }
}

async function readRun(test: Session, path: string): Promise<Recording> {
  const reader = new BundleReader(path)
  try {
    const detail = await reader.detail()
    const columns = await reader.columns(detail)
    const k = columns.candidatesPerStep
    if (k === 0)
      throw new GretaError(
        'usage',
        `${path} holds no candidate logits, so there is nothing to compare.`,
        'Record a run with capture at "logits" or above.'
      )
    const generated = Array.from(columns.scalars.ids as Int32Array).filter((_, row) => columns.phases[row] === 1)
    const ids = [...detail.promptIds, ...generated]
    const rows: RecordedRow[] = []
    for (let row = 0; row < columns.rowCount; row += 1) {
      const logits = columns.candidateLogits.subarray(row * k, (row + 1) * k)
      const position = columns.scalars.positions[row] as number
      if (columns.phases[row] !== 1 || position >= ids.length) continue
      rows.push({ position, ids: columns.candidateIds.subarray(row * k, (row + 1) * k), logits })
    }
    const circumstances: string[] = []
    if (detail.row.modelFileName !== test.model.path.split('/').at(-1)) circumstances.push(`recorded with ${detail.row.modelFileName}`)
    if (detail.row.backend !== test.backend.name) circumstances.push(`recorded on ${detail.row.backend}`)
    if (detail.row.device !== test.backend.description) circumstances.push(`recorded on ${detail.row.device}`)
    return { label: `${path} (run ${detail.row.id})`, ids, rows, circumstances }
  } finally {
    reader.close()
  }
}

async function readDump(test: Session, folder: string, ids: readonly number[]): Promise<Recording> {
  const dump = await readLogitsDump(folder)
  const { prompt_len: promptLength } = dump.metadata
  if (ids.length < promptLength)
    throw new GretaError(
      'usage',
      `${folder} was made from ${promptLength} prompt tokens; the given prompt has ${ids.length}.`,
      'Give the prompt it was made with.'
    )
  const width = dump.rows[0]?.logits.length ?? 0
  if (width !== test.config.vocabularySize)
    throw new GretaError(
      'usage',
      `${folder} holds rows of ${width} logits; ${test.config.name} has a vocabulary of ${test.config.vocabularySize}.`,
      'It was made with another model.'
    )
  const sequence = [...ids.slice(0, promptLength), ...dump.rows.map((row) => row.tokenId)]
  // The row at token_idx t was computed at position t - 1: it chose token t.
  const rows = dump.rows.map((row) => ({ position: row.tokenIndex - 1, ids: undefined, logits: row.logits }))
  return { label: `${folder} (logits dump)`, ids: sequence, rows, circumstances: [] }
}
