import { LAYER_POINTS, type LayerPoint, traceIndex, tracePointAt } from '../../shared/model/trace-points'
import type { PointError } from '../../shared/protocol/numerics'
import type { FaultRequest, Session } from '../session/types'
import { captureLayers, replayOperation } from './block-replay'
import { traceWidths } from './health'
import { layerIndices } from './operations'
import { rowErrors } from './row-errors'

/** Bytes of tensors that are captured in one evaluation. */
const CAPTURED_BYTES = 64 * 2 ** 20

interface Sums {
  difference2: number
  reference2: number
  maximum: number
  worstNmse: number
  worstPosition: number
}

/** Adds up windows of captured tensors, trace point by trace point. */
export class CumulativeErrors {
  readonly #sums = new Map<number, Sums>()

  add(traceIndexOfPoint: number, from: number, reference: Float32Array, test: Float32Array, width: number): void {
    const sums = this.#sums.get(traceIndexOfPoint) ?? { difference2: 0, reference2: 0, maximum: 0, worstNmse: -1, worstPosition: -1 }
    this.#sums.set(traceIndexOfPoint, sums)
    for (const row of rowErrors(reference, test, width)) {
      if (row.nmse > sums.worstNmse) {
        sums.worstNmse = row.nmse
        sums.worstPosition = from + row.position
      }
      sums.maximum = Math.max(sums.maximum, row.maxAbsoluteDifference)
      sums.difference2 += Number.isFinite(row.nmse) ? row.squaredDifference : Number.POSITIVE_INFINITY
      sums.reference2 += row.squaredReference
    }
  }

  report(layers: number, local: ReadonlyMap<number, { readonly nmse: number; readonly position: number }>): PointError[] {
    return [...this.#sums.entries()]
      .sort(([a], [b]) => a - b)
      .map(([index, sums]) => {
        const nmse = sums.difference2 === 0 ? 0 : sums.difference2 / sums.reference2
        const localError = local.get(index)
        return {
          ...tracePointAt(index, layers),
          cumulativeNmse: nmse,
          cumulativeRelativeError: Math.sqrt(nmse),
          worstPosition: sums.worstPosition,
          maxAbsoluteDifference: sums.maximum,
          ...(localError === undefined ? {} : { localNmse: localError.nmse, localWorstPosition: localError.position })
        }
      })
  }
}

/**
 * Local errors of every operation of every layer over the first `count` positions: the reference runs each operation on
 * the inputs the tested side really had. Uses the reference's cache as a work bench.
 */
export async function localErrors(
  reference: Session,
  test: Session,
  count: number,
  options: { readonly faults?: readonly FaultRequest[]; readonly onLayer?: (layer: number) => void } = {}
): Promise<Map<number, { readonly nmse: number; readonly position: number }>> {
  const errors = new Map<number, { nmse: number; position: number }>()
  const { layerCount } = test.config
  const bytesPerLayer = 4 * count * layerIndices(0).reduce((sum, index) => sum + (traceWidths(test)[index] as number), 0)
  const group = Math.max(1, Math.floor(CAPTURED_BYTES / bytesPerLayer))
  for (let begin = 0; begin < layerCount; begin += group) {
    const captured = await captureLayers(test, begin, Math.min(begin + group, layerCount), count, options.faults)
    for (const [index, inputs] of captured.entries()) {
      const layer = begin + index
      options.onLayer?.(layer)
      for (const point of LAYER_POINTS) {
        const found = inputs.get(point) as Float32Array
        const expected = await replayOperation(reference, layer, point, inputs, count)
        errors.set(traceIndex(layer, point), worst(expected, found, found.length / count))
      }
    }
  }
  return errors
}

function worst(expected: Float32Array, found: Float32Array, width: number): { nmse: number; position: number } {
  let result = { nmse: 0, position: 0 }
  for (const row of rowErrors(expected, found, width)) if (row.nmse > result.nmse) result = { nmse: row.nmse, position: row.position }
  return result
}

/** The operation with the largest local error, which is where to look first. */
export function worstLocal(
  points: readonly PointError[]
): { readonly layer: number; readonly point: LayerPoint; readonly nmse: number } | undefined {
  let best: { layer: number; point: LayerPoint; nmse: number } | undefined
  for (const entry of points) {
    if (entry.localNmse === undefined || entry.point === 'embedding' || entry.point === 'final_norm' || entry.point === 'logits') continue
    if (best === undefined || entry.localNmse > best.nmse) best = { layer: entry.layer, point: entry.point, nmse: entry.localNmse }
  }
  return best
}
