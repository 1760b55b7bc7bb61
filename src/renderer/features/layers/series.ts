import type { TraceField } from '../../../shared/model/trace-points'
import { tracePointAt, traceIndex } from '../../../shared/model/trace-points'
import type { TraceStatistics } from '../../statistics'
import { poolRule, pooled, SEVERITY } from '../../statistics'
import type { ChartPoint } from '../../ui/LineChart'

/** Points a small chart shows at most; more tokens than that are pooled, so that no extreme is lost. */
const CHART_POINTS = 240

/** One tensor over all tokens. */
export function seriesOverTokens(trace: TraceStatistics, field: TraceField, index: number): readonly ChartPoint[] {
  const perPoint = Math.max(1, Math.ceil(trace.end / CHART_POINTS))
  const rule = poolRule(field)
  const points: ChartPoint[] = []
  for (let start = 0; start < trace.end; start += perPoint) {
    let least = Infinity
    let greatest = -Infinity
    for (let position = start; position < Math.min(trace.end, start + perPoint); position++) {
      if (trace.severity(position, index) === SEVERITY.notCaptured) continue
      const value = trace.value(field, position, index)
      least = Math.min(least, value)
      greatest = Math.max(greatest, value)
    }
    points.push({ x: start, y: least > greatest ? undefined : pooled(rule, least, greatest) })
  }
  return points
}

/** The same operation in every layer, at one token; empty for what lies outside the layers. */
export function seriesOverLayers(trace: TraceStatistics, field: TraceField, position: number, index: number): readonly ChartPoint[] {
  const { point } = tracePointAt(index, trace.layerCount)
  if (point === 'embedding' || point === 'final_norm' || point === 'logits') return []
  return Array.from({ length: trace.layerCount }, (_, layer) => {
    const at = traceIndex(layer, point)
    return { x: layer, y: trace.severity(position, at) === SEVERITY.notCaptured ? undefined : trace.value(field, position, at) }
  })
}
