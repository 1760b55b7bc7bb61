import type { RecordedDetail } from '../engine/bundle/bundle'
import { generatedIds, PHASES, type RunColumns } from '../engine/bundle/columns'
import type { Session, StepBatch } from '../engine/session/types'
import { judgeRows, recordedRowsOf } from '../engine/numerics/recorded-rows'
import { throwIfFailed } from '../engine/session/throw-if-failed'
import { fromSamplingMessage, type LoadedModel, type RunCheck, type TokenVerdict } from '../shared/protocol'
import { faultsOf } from './planted-fault'

interface Difference {
  readonly token: number
  readonly recordedId: number
  readonly computedId: number
  readonly maxLogitDifference: number
}

/** What is not as it was when the run was made: the likely causes of a difference. */
export function changedCircumstances(detail: RecordedDetail, model: LoadedModel, engineBuild: string): readonly string[] {
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    [
      'model',
      detail.row.modelSha256 ?? detail.model.fileName,
      detail.row.modelSha256 === undefined ? model.fileName : (model.sha256 ?? 'not hashed yet')
    ],
    ['engine build', detail.row.engineBuild, engineBuild],
    ['backend', detail.row.backend, model.backend],
    ['device', detail.row.device, model.device],
    ['KV cache type', detail.model.options.kvType, model.options.kvType],
    ['precision', detail.model.options.precision, model.options.precision]
  ]
  return pairs.filter(([, then, now]) => then !== now).map(([name, then, now]) => `${name}: ${String(then)} then, ${String(now)} now`)
}

/**
 * Generates the run again from its prompt and seed, segment by segment, and compares every chosen token and the bits of
 * every recorded candidate logit. Stops at the first difference.
 */
export async function checkRun(
  session: Session,
  detail: RecordedDetail,
  columns: RunColumns,
  circumstances: readonly string[],
  onProgress: (done: number, total: number) => void,
  signal: { readonly cancelled: boolean }
): Promise<RunCheck> {
  const begin = performance.now()
  const recorded = generatedIds(columns)
  const total = Math.min(recorded.length, detail.row.summary.generatedTokens)
  const sequence = [...detail.promptIds, ...recorded.subarray(0, total)]
  const rows = rowsOfTokens(columns)
  let compared = 0
  let candidates = 0
  let difference: Difference | undefined
  for (const [index, { firstToken, settings }] of detail.segments.entries()) {
    const end = detail.segments[index + 1]?.firstToken ?? total
    if (end <= firstToken || difference !== undefined || signal.cancelled) continue
    const running = session.generate({
      ids: sequence.slice(0, detail.promptIds.length + firstToken),
      maxTokens: end - firstToken,
      sampling: fromSamplingMessage(settings.sampling),
      ignoreEndOfGeneration: true,
      candidates: columns.candidatesPerStep,
      ignoreCache: true,
      faults: faultsOf(settings)
    })
    let token = firstToken
    for await (const event of running) {
      if (event.kind !== 'steps' || event.batch.phase !== 'generated') continue
      for (let step = 0; step < event.batch.count && difference === undefined && token < end; step += 1, token += 1) {
        const row = rows[token] as number
        difference = compareStep(event.batch, step, columns, row, token)
        compared += 1
        candidates += Math.min(event.batch.candidatesPerStep, columns.candidatesPerStep)
      }
      onProgress(token, total)
      if (difference !== undefined || signal.cancelled) running.cancel()
    }
    throwIfFailed(await running.result)
  }
  const tokens = await tokenVerdicts(session, sequence, detail, columns, total, candidates, difference === undefined)
  const verdict = difference === undefined ? (candidates > 0 ? 'bit-identical' : 'same-tokens') : 'differs'
  return {
    runId: detail.row.id,
    verdict,
    sentence: sentenceOf(compared, candidates, difference, tokens),
    tokensCompared: compared,
    candidatesCompared: candidates,
    ...(difference === undefined ? {} : { firstDifference: { ...difference, position: detail.promptIds.length + difference.token } }),
    circumstances,
    tokens,
    milliseconds: performance.now() - begin
  }
}

/** What became of every recorded row on the recorded tokens: after the first difference a free generation says no more. */
async function tokenVerdicts(
  session: Session,
  sequence: readonly number[],
  detail: RecordedDetail,
  columns: RunColumns,
  total: number,
  candidates: number,
  allEqual: boolean
): Promise<readonly TokenVerdict[]> {
  if (columns.candidatesPerStep === 0) return []
  if (allEqual && candidates > 0) return Array.from({ length: total }, () => 'identical')
  const [faults = [], ...others] = detail.segments.map(({ settings }) => faultsOf(settings))
  // Judged in one evaluation, which plants the same faults everywhere.
  if (others.some((other) => JSON.stringify(other) !== JSON.stringify(faults))) return []
  const { verdicts } = await judgeRows(session, sequence, recordedRowsOf(columns, sequence.length), { faults })
  return verdicts.map(({ verdict }) => verdict)
}

const countOf = (tokens: readonly TokenVerdict[], verdict: TokenVerdict): number => tokens.filter((token) => token === verdict).length

function sentenceOf(compared: number, candidates: number, difference: Difference | undefined, tokens: readonly TokenVerdict[]): string {
  if (difference === undefined)
    return candidates > 0
      ? `Bit-identical: ${compared} tokens and the bits of ${candidates} candidate logits.`
      : `The same ${compared} tokens; the recording holds no logits to compare.`
  const { token, recordedId, computedId, maxLogitDifference } = difference
  const forced =
    tokens.length === 0
      ? ''
      : ` On the recorded tokens: ${countOf(tokens, 'identical')} identical, ${countOf(tokens, 'within band')} within the band, ${countOf(tokens, 'different')} different.`
  return recordedId === computedId
    ? `Differs at token ${token}: the same token, but a logit differs by ${maxLogitDifference.toExponential(2)}.${forced}`
    : `Differs at token ${token}: token ${recordedId} was recorded, ${computedId} is computed (largest logit difference ${maxLogitDifference.toExponential(2)}).${forced}`
}

/** Row index of every generated token. */
function rowsOfTokens(columns: RunColumns): readonly number[] {
  const rows: number[] = []
  for (let row = 0; row < columns.rowCount; row += 1) if (PHASES[columns.phases[row] as number] === 'generated') rows.push(row)
  return rows
}

function compareStep(batch: StepBatch, step: number, columns: RunColumns, row: number, token: number): Difference | undefined {
  const k = Math.min(batch.candidatesPerStep, columns.candidatesPerStep)
  const recordedId = columns.scalars.ids[row] as number
  const computedId = batch.ids[step] as number
  let sameBits = recordedId === computedId
  let largest = 0
  for (let c = 0; c < k; c += 1) {
    const then = row * columns.candidatesPerStep + c
    const now = step * batch.candidatesPerStep + c
    const recorded = columns.candidateLogits[then] as number
    const computed = batch.candidateLogits[now] as number
    if (columns.candidateIds[then] === -1) continue // not recorded for this token
    if (columns.candidateIds[then] === batch.candidateIds[now] && Object.is(recorded, computed)) continue
    sameBits = false
    const distance = Math.abs(recorded - computed)
    if (Number.isFinite(distance)) largest = Math.max(largest, distance)
  }
  return sameBits ? undefined : { token, recordedId, computedId, maxLogitDifference: largest }
}
