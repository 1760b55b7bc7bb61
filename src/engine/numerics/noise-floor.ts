import { relativeDifference } from '../../shared/model/relative-difference'
import { TRACE_FLOAT_FIELDS, TRACE_STATS_WORDS, tracePointAt, tracePointCount } from '../../shared/model/trace-points'
import type { NoiseReport } from '../../shared/protocol/numerics'
import type { Session } from '../session/types'
import { evaluateSteps } from './collect'
import { quantile } from './percentiles'

/** Ways of computing the same tokens that ought not to matter. What they differ by is the floor below which nothing is drift. */
const REPEATS: readonly { readonly name: string; readonly chunk?: number; readonly second?: true }[] = [
  { name: 'the same again' },
  { name: 'and once more' },
  { name: 'token by token', chunk: 1 },
  { name: 'chunks of 7', chunk: 7 },
  { name: 'chunks of 64', chunk: 64 },
  { name: 'one thread, another session', second: true }
]

interface Repeat {
  /** positions × points × TRACE_STATS_WORDS. */
  readonly statistics: Float32Array
  readonly hashes: BigUint64Array
}

/**
 * Measures the noise floor of a session: evaluates `ids` again and again and compares the statistics of every trace point at
 * every position with the first time. `second`: the same model and backend with another number of threads.
 */
export async function measureNoise(
  session: Session,
  second: Session | undefined,
  ids: readonly number[],
  options: { readonly signal?: AbortSignal; readonly onRepeat?: (name: string) => void } = {}
): Promise<NoiseReport> {
  const layers = session.config.layerCount
  const points = tracePointCount(layers)
  options.onRepeat?.('the first time')
  const first = await evaluateOnce(session, ids, undefined, points, options.signal)
  const differences = TRACE_FLOAT_FIELDS.map(() => Array.from({ length: points }, () => [] as number[]))
  const repeats: NoiseReport['repeats'][number][] = []
  for (const { name, chunk, second: elsewhere } of REPEATS) {
    const used = elsewhere === true ? second : session
    if (used === undefined) continue
    options.onRepeat?.(name)
    const repeat = await evaluateOnce(used, ids, chunk, points, options.signal)
    repeats.push({ name, ...compareRepeat(first, repeat, points, differences) })
  }
  const perPoint = (fieldIndex: number): number[] =>
    (differences[fieldIndex] ?? []).map((values) => quantile(Float64Array.from(values).sort(), 0.99))
  return {
    test: `${session.backend.name} · ${session.config.name}`,
    positions: ids.length,
    tracePoints: points,
    repeats,
    floors: TRACE_FLOAT_FIELDS.map((field, index) => {
      const values = perPoint(index)
      const largest = values.reduce((most, value, at) => (value > (values[most] ?? 0) ? at : most), 0)
      return { field, percentile99: values, largest: values[largest] ?? 0, ...tracePointAt(largest, layers) }
    }),
    verdict: repeats.every((repeat) => repeat.differingRows === 0) ? 'bit-identical' : 'noisy'
  }
}

async function evaluateOnce(
  session: Session,
  ids: readonly number[],
  chunk: number | undefined,
  points: number,
  signal: AbortSignal | undefined
): Promise<Repeat> {
  const words = points * TRACE_STATS_WORDS
  const statistics = new Float32Array(ids.length * words)
  const hashes = new BigUint64Array(ids.length * points)
  const request = { ids, ignoreCache: true, trace: { stats: true, hashes: true }, ...(chunk === undefined ? {} : { promptChunk: chunk }) }
  await evaluateSteps(
    session,
    request,
    ({ count, positions, stats, hashes: rows }) => {
      for (let row = 0; row < count; row += 1) {
        const position = positions[row] as number
        if (stats !== undefined) statistics.set(new Float32Array(stats.buffer, stats.byteOffset + row * words * 4, words), position * words)
        if (rows !== undefined) hashes.set(rows.subarray(row * points, (row + 1) * points), position * points)
      }
    },
    signal
  )
  return { statistics, hashes }
}

/** Appends the relative difference of every value to `differences` (field by point); counts rows whose bits differ. */
export function compareRepeat(
  first: Repeat,
  repeat: Repeat,
  points: number,
  differences: readonly (readonly number[][])[]
): { readonly differingRows: number; readonly largest: number } {
  let differingRows = 0
  let largest = 0
  for (let row = 0; row < first.hashes.length; row += 1) {
    if (first.hashes[row] !== repeat.hashes[row]) differingRows += 1
    for (let field = 0; field < TRACE_FLOAT_FIELDS.length; field += 1) {
      const at = row * TRACE_STATS_WORDS + field
      const difference = differenceOf(first.statistics[at] as number, repeat.statistics[at] as number)
      differences[field]?.[row % points]?.push(difference)
      largest = Math.max(largest, difference)
    }
  }
  return { differingRows, largest }
}

/** Two NaN are the same finding, not a difference; one alone is the largest there is. */
const differenceOf = (a: number, b: number): number => (Object.is(a, b) ? 0 : relativeDifference(a, b))
