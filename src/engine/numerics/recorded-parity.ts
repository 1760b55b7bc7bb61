import { GretaError } from '../../shared/errors'
import { BundleReader } from '../bundle/bundle'
import type { Session } from '../session/types'
import { readLogitsDump } from './logits-dump'
import { type JudgedRows, judgeRows, type RecordedRow, recordedRowsOf } from './recorded-rows'

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
  readonly verdicts: JudgedRows['verdicts']
  readonly verdict: 'ok' | 'failed'
}

export interface RecordedSource {
  readonly run?: string
  readonly dump?: string
  /** The sequence a dump was made from; a run brings its own. */
  readonly ids: readonly number[]
}

interface Recording {
  readonly label: string
  readonly ids: readonly number[]
  readonly rows: readonly RecordedRow[]
  readonly circumstances: readonly string[]
}

/** Evaluates the recorded sequence on `test` and compares what was written down. Throws GretaError for unusable recordings. */
export async function compareWithRecording(
  test: Session,
  source: RecordedSource,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (done: number, total: number) => void } = {}
): Promise<RecordedParityReport> {
  if (source.run !== undefined && source.dump !== undefined) throw new GretaError('usage', 'Give a recorded run or a dump, not both.')
  const recording = source.run === undefined ? await readDump(test, source.dump ?? '', source.ids) : await readRun(test, source.run)
  const vocabulary = test.config.vocabularySize
  const candidates = recording.rows.flatMap((row) => Array.from(row.ids ?? []))
  const outside = recording.ids.find((id) => id < 0 || id >= vocabulary) ?? candidates.find((id) => id >= vocabulary)
  if (outside !== undefined)
    throw new GretaError(
      'usage',
      `${recording.label} has token ${outside}; ${test.config.name} has a vocabulary of ${vocabulary}.`,
      'It was made with another model.'
    )
  const { verdicts, maxAbsoluteDifference, firstDifference, limit } = await judgeRows(test, recording.ids, recording.rows, options)
  const count = (verdict: string): number => verdicts.filter((entry) => entry.verdict === verdict).length
  return {
    reference: recording.label,
    test: `${test.backend.name} · ${test.config.name}`,
    circumstances: recording.circumstances,
    positions: verdicts.length,
    identicalPositions: count('identical'),
    withinLimitPositions: count('within band'),
    maxAbsoluteDifference,
    limit,
    ...(firstDifference === undefined ? {} : { firstDifference }),
    verdicts,
    verdict: count('different') === 0 ? 'ok' : 'failed'
  }
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
    const rows = recordedRowsOf(columns, ids.length)
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
