import type { HealthAlert, HealthReport } from '../../shared/protocol/numerics'
import { TRACE_STATS_WORDS, tracePointAt, tracePointCount } from '../../shared/model/trace-points'
import type { FaultRequest, Session } from '../session/types'
import { evaluateSteps } from './collect'

const MAXIMUM_ALERTS = 1000
/** rms of a residual row against the same point at the previous position: beyond this it is worth a look. */
const RMS_JUMP = 100

/** Evaluates every prompt with statistics and hashes on all trace points and looks for what a healthy run never shows. */
export async function checkHealth(
  session: Session,
  prompts: readonly (readonly number[])[],
  options: { readonly faults?: readonly FaultRequest[]; readonly signal?: AbortSignal; readonly onPrompt?: (index: number) => void } = {}
): Promise<HealthReport> {
  const layers = session.config.layerCount
  const points = tracePointCount(layers)
  const widths = traceWidths(session)
  const alerts: HealthAlert[] = []
  let alertCount = 0
  const results: HealthReport['prompts'][number][] = []
  let ancestor: HealthReport['lastFiniteAncestor']
  for (const [index, ids] of prompts.entries()) {
    options.onPrompt?.(index)
    const totals = { nan: 0, infinity: 0, saturated: 0, values: 0, positions: 0 }
    const previousHashes = new BigUint64Array(points)
    const previousRms = new Float64Array(points)
    const report = (kind: HealthAlert['kind'], position: number, point: number, amount: number): void => {
      alertCount += 1
      if (alerts.length < MAXIMUM_ALERTS) alerts.push({ kind, prompt: index, position, ...tracePointAt(point, layers), amount })
    }
    const request = {
      ids,
      ignoreCache: true,
      trace: { stats: true, hashes: true },
      ...(options.faults === undefined ? {} : { faults: options.faults })
    }
    await evaluateSteps(
      session,
      request,
      (batch) => {
        if (batch.stats === undefined) return
        const words = batch.count * points * TRACE_STATS_WORDS
        const floats = new Float32Array(batch.stats.buffer, batch.stats.byteOffset, words)
        const counts = new Uint32Array(batch.stats.buffer, batch.stats.byteOffset, words)
        for (let row = 0; row < batch.count; row += 1) {
          const position = batch.positions[row] as number
          totals.positions += 1
          for (let point = 0; point < points; point += 1) {
            const at = (row * points + point) * TRACE_STATS_WORDS
            const [minimum, maximum, rms] = [floats[at] as number, floats[at + 1] as number, floats[at + 3] as number]
            const nan = counts[at + 5] as number
            const infinity = (counts[at + 6] as number) + (counts[at + 7] as number)
            const zero = counts[at + 8] as number
            const saturated = counts[at + 9] as number
            const width = widths[point] as number
            totals.nan += nan
            totals.infinity += infinity
            totals.saturated += saturated
            totals.values += width
            if (nan > 0) report('nan', position, point, nan)
            if (infinity > 0) report('infinity', position, point, infinity)
            if (saturated > 0) report('saturated', position, point, saturated)
            if ((nan > 0 || infinity > 0) && ancestor === undefined && point > 0) ancestor = tracePointAt(point - 1, layers)
            if (zero === width) report('all-zero', position, point, zero)
            else if (width > 1 && nan === 0 && infinity === 0 && minimum === maximum) report('constant', position, point, width)
            const hash = batch.hashes?.[row * points + point] ?? 0n
            // The first point where two different tokens give the same bits is a stale buffer, not a coincidence.
            if (position > 0 && ids[position] !== ids[position - 1] && hash !== 0n && hash === previousHashes[point] && zero !== width)
              report('frozen', position, point, width)
            previousHashes[point] = hash
            const before = previousRms[point] as number
            if (position > 1 && before > 0 && rms > RMS_JUMP * before) report('rms-jump', position, point, rms / before)
            previousRms[point] = rms
          }
        }
      },
      options.signal
    )
    results.push({
      prompt: index,
      positions: totals.positions,
      valuesSeen: totals.values,
      nanCount: totals.nan,
      infinityCount: totals.infinity,
      saturatedCount: totals.saturated
    })
  }
  const broken = results.some((entry) => entry.nanCount > 0 || entry.infinityCount > 0)
  return {
    layers,
    tracePoints: points,
    prompts: results,
    alerts,
    alertCount,
    ...(ancestor === undefined ? {} : { lastFiniteAncestor: ancestor }),
    verdict: broken ? 'broken' : alertCount > 0 ? 'warnings' : 'clean'
  }
}

/** Values in a row of every trace point, by trace index. */
export function traceWidths(session: Session): Uint32Array {
  const { layerCount, embeddingLength, headCount, kvHeadCount, headDim, feedForwardLength, vocabularySize } = session.config
  const widths = new Uint32Array(tracePointCount(layerCount))
  const kv = kvHeadCount * headDim
  const layer = [
    embeddingLength, // attn_norm
    headCount * headDim, // q
    kv, // k
    kv, // v
    headCount * headDim, // attn_context
    embeddingLength, // attn_out
    embeddingLength, // attn_residual
    embeddingLength, // ffn_norm
    feedForwardLength, // ffn_gate
    feedForwardLength, // ffn_up
    feedForwardLength, // ffn_act
    embeddingLength, // ffn_down
    embeddingLength // layer_out
  ]
  widths[0] = embeddingLength
  for (let index = 0; index < layerCount; index += 1) widths.set(layer, 1 + index * layer.length)
  widths[widths.length - 2] = embeddingLength
  widths[widths.length - 1] = vocabularySize
  return widths
}
