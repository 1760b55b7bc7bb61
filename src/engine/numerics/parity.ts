import { GretaError } from '../../shared/errors'
import type { ComparisonSummary, Limits, ParityReport, PointError, PositionComparison } from '../../shared/protocol/numerics'
import { tracePointCount } from '../../shared/model/trace-points'
import type { FaultRequest, Session } from '../session/types'
import { evaluateWindow } from './aligned-steps'
import { bandOf, limitsFor, type PairTraits } from './bands'
import { traceWidths } from './health'
import { CumulativeErrors, localErrors, worstLocal } from './layer-errors'
import { comparePosition, summarizeComparison } from './position-comparison'
import { fewestWeightBits, weightFingerprint } from './weight-fingerprint'

export interface ParityOptions {
  readonly faults?: readonly FaultRequest[]
  /** Compare every trace point of every layer; default true. */
  readonly layers?: boolean
  /** Positions for local errors; 0 switches them off. Default 64. */
  readonly localPositions?: number
  readonly limits?: Limits
  readonly signal?: AbortSignal
  readonly onProgress?: (what: string, fraction: number) => void
}

/** Bytes of tensors and logits of one window, both sides together. */
const WINDOW_BYTES = 192 * 2 ** 20

/** What decides the limits of a pair: weights, KV types, precision. */
export function pairTraits(reference: Session, test: Session): PairTraits {
  return {
    sameWeights: reference.model.path === test.model.path || weightFingerprint(reference.model) === weightFingerprint(test.model),
    sameKvType: reference.options.kvType === test.options.kvType,
    halfKvCache: reference.options.kvType === 'f16' || test.options.kvType === 'f16',
    precision: reference.options.precision === 'bf16' || test.options.precision === 'bf16' ? 'bf16' : 'f32',
    weightBits: Math.min(fewestWeightBits(reference.model), fewestWeightBits(test.model))
  }
}

/**
 * Compares two sessions on the same token ids, teacher-forced: both are fed `ids`, neither its own choices, so that the
 * sequences cannot fork. Per position over the whole vocabulary; per layer and trace point where the shapes agree.
 */
export async function compareSessions(
  reference: Session,
  test: Session,
  ids: readonly number[],
  options: ParityOptions = {}
): Promise<ParityReport> {
  checkComparable(reference, test, ids)
  const traits = pairTraits(reference, test)
  const limits = options.limits ?? limitsFor(traits)
  const { layerCount, vocabularySize } = reference.config
  const sameShape = layerCount === test.config.layerCount && sameWidths(reference, test)
  const indices = options.layers === false || !sameShape ? [] : Array.from({ length: tracePointCount(layerCount) - 1 }, (_, index) => index)
  const widths = traceWidths(reference)
  const bytesPerPosition = 8 * (vocabularySize + indices.reduce((sum, index) => sum + (widths[index] as number), 0))
  const window = Math.max(1, Math.min(ids.length, Math.floor(WINDOW_BYTES / bytesPerPosition)))

  const positions: PositionComparison[] = []
  const cumulative = new CumulativeErrors()
  for (let from = 0; from < ids.length; from += window) {
    options.signal?.throwIfAborted()
    const to = Math.min(from + window, ids.length)
    options.onProgress?.(`positions ${from} to ${to - 1}`, from / ids.length)
    const signal = options.signal === undefined ? {} : { signal: options.signal }
    // Two engines, two threads of work: neither waits for the other.
    const [own, other] = await Promise.all([
      evaluateWindow(reference, ids, from, to, indices, signal),
      evaluateWindow(test, ids, from, to, indices, { ...signal, ...(options.faults === undefined ? {} : { faults: options.faults }) })
    ])
    for (let row = 0; row < to - from; row += 1) {
      const begin = row * vocabularySize
      const end = begin + vocabularySize
      positions.push(
        comparePosition(from + row, ids[from + row + 1] ?? -1, own.logits.subarray(begin, end), other.logits.subarray(begin, end))
      )
    }
    for (const index of indices) {
      cumulative.add(index, from, own.tensors.get(index) as Float32Array, other.tensors.get(index) as Float32Array, widths[index] as number)
    }
  }

  const localSkipped = whyNoLocal(traits, sameShape, options)
  const localPositions = localSkipped === undefined ? Math.min(options.localPositions ?? 64, ids.length) : 0
  const local =
    localPositions === 0
      ? new Map<number, { nmse: number; position: number }>()
      : await localErrors(reference, test, localPositions, {
          ...(options.faults === undefined ? {} : { faults: options.faults }),
          onLayer: (layer) => options.onProgress?.(`operations of layer ${layer}`, layer / layerCount)
        })
  const points = cumulative.report(layerCount, local)
  const summary = summarizeComparison(positions)
  const failures = judge(summary, points, limits, traits)
  return {
    reference: describeSession(reference),
    test: describeSession(test),
    tokenCount: ids.length,
    limits,
    band: bandOf(summary.maxNmse, summary.bitEqualPositions === summary.positions),
    summary,
    positions,
    points,
    localPositions,
    ...(localSkipped === undefined ? {} : { localSkipped }),
    verdict: failures.length === 0 ? 'ok' : 'failed',
    failures
  }
}

export const describeSession = (session: Session): string =>
  `${session.backend.name} · ${session.config.name} · KV ${session.options.kvType} · ${session.options.precision}`

function checkComparable(reference: Session, test: Session, ids: readonly number[]): void {
  if (ids.length === 0)
    throw new GretaError('usage', 'There is nothing to compare: the token sequence is empty.', 'Give a prompt or token ids.')
  for (const session of [reference, test])
    if (ids.length > session.options.context)
      throw new GretaError(
        'out-of-range',
        `${ids.length} tokens are to be compared; the context of ${describeSession(session)} holds ${session.options.context}.`,
        'Take fewer tokens, or load with a longer context.'
      )
  const [a, b] = [reference.config.vocabularySize, test.config.vocabularySize]
  if (a !== b)
    throw new GretaError(
      'usage',
      `The two models have different vocabularies: ${a} tokens against ${b}.`,
      'Compare models with the same tokenizer.'
    )
}

function sameWidths(reference: Session, test: Session): boolean {
  const [a, b] = [traceWidths(reference), traceWidths(test)]
  return a.length === b.length && a.every((width, index) => width === b[index])
}

function whyNoLocal(traits: PairTraits, sameShape: boolean, options: ParityOptions): string | undefined {
  if (options.localPositions === 0 || options.layers === false) return 'switched off'
  if (!sameShape) return 'the models have different shapes'
  if (!traits.sameWeights) return 'the weights differ, so an operation has no reference on the same inputs'
  if (!traits.sameKvType) return 'the KV caches store different types, so attention has no reference on the same inputs'
  return undefined
}

function judge(summary: ComparisonSummary, points: readonly PointError[], limits: Limits, traits: PairTraits): string[] {
  const failures: string[] = []
  const number = (value: number): string => value.toExponential(2)
  if (!(summary.maxNmse < limits.logitsNmse) && traits.sameWeights)
    failures.push(`logits NMSE ${number(summary.maxNmse)} at its worst position is not below ${number(limits.logitsNmse)} (${limits.why})`)
  const divergence = summary.klDivergence.nanCount > 0 ? Number.NaN : summary.klDivergence.mean
  if (!(divergence < limits.meanKlDivergence))
    failures.push(`mean KL divergence ${number(divergence)} nats is not below ${number(limits.meanKlDivergence)} (${limits.why})`)
  const worst = worstLocal(points)
  if (worst !== undefined && !(worst.nmse < limits.localNmse))
    failures.push(`layer ${worst.layer} ${worst.point}: local NMSE ${number(worst.nmse)} is not below ${number(limits.localNmse)}`)
  return failures
}
