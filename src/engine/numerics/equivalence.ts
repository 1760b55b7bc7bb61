import type { EquivalenceReport } from '../../shared/protocol/numerics'
import { tracePointAt, tracePointCount } from '../../shared/model/trace-points'
import type { FaultRequest, Session } from '../session/types'
import { evaluateSteps } from './collect'

type Way = EquivalenceReport['ways'][number]

/** One way of computing the same positions. */
export interface EquivalenceWay {
  readonly name: string
  /** Tokens per call while evaluating; undefined: the whole sequence in one call (or the largest batch the session has). */
  readonly chunk?: number
  /** Evaluate another continuation of the first half, rewind, then go on with the real one. */
  readonly afterRewind?: boolean
  /** Use the second session. */
  readonly secondSession?: boolean
}

/** Prefill, decode, chunks, continue-after-rewind and a second session: the ways that must agree bit for bit. */
export const EQUIVALENCE_WAYS: readonly EquivalenceWay[] = [
  { name: 'prefill (whole)' },
  { name: 'decode (chunks of 1)', chunk: 1 },
  { name: 'chunks of 7', chunk: 7 },
  { name: 'chunks of 64', chunk: 64 },
  { name: 'chunks of 512', chunk: 512 },
  { name: 'continued after rewind', afterRewind: true },
  { name: 'second session', secondSession: true }
]

export interface EquivalenceOptions {
  readonly secondSession?: Session
  /** Positions per attention chunk of the backend, for naming boundaries. */
  readonly attentionChunk?: number
  readonly faults?: readonly FaultRequest[]
  readonly signal?: AbortSignal
  readonly onWay?: (name: string) => void
}

/** Evaluates `ids` in every way and compares the hashes of the bit patterns of every trace point of every position. */
export async function checkEquivalence(
  session: Session,
  ids: readonly number[],
  options: EquivalenceOptions = {}
): Promise<EquivalenceReport> {
  const points = tracePointCount(session.config.layerCount)
  const ways = EQUIVALENCE_WAYS.filter((way) => !way.secondSession || options.secondSession !== undefined)
  let reference: BigUint64Array | undefined
  const results: Way[] = []
  for (const way of ways) {
    options.onWay?.(way.name)
    const hashes = await hashesOf(way.secondSession ? (options.secondSession as Session) : session, ids, way, points, options)
    if (reference === undefined) reference = hashes
    else
      results.push({ name: way.name, ...compareHashes(reference, hashes, points, session.config.layerCount, way, options.attentionChunk) })
  }
  return {
    positions: ids.length,
    tracePoints: points,
    reference: ways[0]?.name ?? '',
    ways: results,
    verdict: results.every((result) => result.bitEqual) ? 'equal' : 'different'
  }
}

async function hashesOf(
  session: Session,
  ids: readonly number[],
  way: EquivalenceWay,
  points: number,
  options: EquivalenceOptions
): Promise<BigUint64Array> {
  const hashes = new BigUint64Array(ids.length * points)
  const take = (from: number) => (batch: { readonly count: number; readonly positions: Int32Array; readonly hashes?: BigUint64Array }) => {
    if (batch.hashes === undefined) return
    for (let row = 0; row < batch.count; row += 1) {
      const position = batch.positions[row] as number
      if (position >= from) hashes.set(batch.hashes.subarray(row * points, (row + 1) * points), position * points)
    }
  }
  const request = {
    trace: { hashes: true },
    ...(way.chunk === undefined ? {} : { promptChunk: way.chunk }),
    ...(options.faults === undefined ? {} : { faults: options.faults })
  }
  if (way.afterRewind && ids.length > 1) {
    const half = Math.floor(ids.length / 2)
    const first = ids.slice(0, half)
    await evaluateSteps(session, { ...request, ids: first, ignoreCache: true }, take(0), options.signal)
    // Another continuation, as long as the real one: what it wrote to the cache must leave no trace.
    const other = [...first, ...ids.slice(half).map((id) => (id === 0 ? 1 : id - 1))]
    await evaluateSteps(session, { ids: other, from: half }, () => undefined, options.signal)
    session.rewind(half)
    await evaluateSteps(session, { ...request, ids, from: half }, take(half), options.signal)
  } else {
    await evaluateSteps(session, { ...request, ids, ignoreCache: true }, take(0), options.signal)
  }
  return hashes
}

function compareHashes(
  reference: BigUint64Array,
  test: BigUint64Array,
  points: number,
  layers: number,
  way: EquivalenceWay,
  attentionChunk: number | undefined
): { readonly bitEqual: boolean; readonly firstDifference?: NonNullable<Way['firstDifference']> } {
  const positions = reference.length / points
  let firstIndex = -1
  let differing = 0
  for (let position = 0; position < positions; position += 1) {
    for (let point = 0; point < points; point += 1) {
      const index = position * points + point
      if (reference[index] === test[index]) continue
      if (firstIndex < 0) firstIndex = index
      differing += 1
      break
    }
  }
  if (firstIndex < 0) return { bitEqual: true }
  const position = Math.floor(firstIndex / points)
  return {
    bitEqual: false,
    firstDifference: {
      position,
      ...tracePointAt(firstIndex % points, layers),
      differingPositions: differing,
      boundary: describeBoundary(position, way.chunk, attentionChunk, way.afterRewind ? Math.floor(positions / 2) : undefined)
    }
  }
}

/** What a position is a multiple of: the sentence a kernel engineer looks for first. */
export function describeBoundary(position: number, chunk?: number, attentionChunk?: number, rewoundTo?: number): string {
  if (position === 0) return 'from the first position on: no boundary is involved'
  const parts: string[] = []
  if (rewoundTo !== undefined && position === rewoundTo) parts.push(`the rewind at ${rewoundTo}`)
  if (chunk !== undefined && chunk > 1 && position % chunk === 0) parts.push(`${position / chunk} × ${chunk} (prompt chunk)`)
  if (attentionChunk !== undefined && position % attentionChunk === 0)
    parts.push(`${position / attentionChunk} × ${attentionChunk} (attention chunk)`)
  const power = position & -position
  if (power >= 16) parts.push(`${position / power} × ${power}`)
  return parts.length === 0 ? `position ${position} is on no chunk boundary` : `differences start at ${position} = ${parts.join(' = ')}`
}
