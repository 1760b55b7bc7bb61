import { OPERATION_INPUTS } from '../../../shared/model/operations'
import type { LayerPoint, TimedBlock } from '../../../shared/model/trace-points'
import { LAYER_POINTS, traceIndex, tracePointAt, tracePointCount } from '../../../shared/model/trace-points'

const BLOCK_OF_POINT: Readonly<Record<LayerPoint, TimedBlock>> = {
  attn_norm: 'norm',
  q: 'qkv',
  k: 'qkv',
  v: 'qkv',
  attn_context: 'attention',
  attn_out: 'attention',
  attn_residual: 'attention',
  ffn_norm: 'norm',
  ffn_gate: 'ffn',
  ffn_up: 'ffn',
  ffn_act: 'ffn',
  ffn_down: 'ffn',
  layer_out: 'ffn'
}

/** Trace indices that the tensor at `index` is computed from, at the same token. Attention also reads k and v of earlier tokens. */
export function producersOf(index: number, layers: number): readonly number[] {
  if (index === 0) return []
  const last = tracePointCount(layers) - 1
  if (index === last) return [last - 1]
  if (index === last - 1) return [residualInto(layers)]
  const { layer, point } = tracePointAt(index, layers)
  return OPERATION_INPUTS[point as LayerPoint].map((source) => (source === 'layer_in' ? residualInto(layer) : traceIndex(layer, source)))
}

/** The residual stream that enters `layer` (layerCount: the one that the final norm reads). */
const residualInto = (layer: number): number => (layer === 0 ? 0 : traceIndex(layer - 1, 'layer_out'))

/** Trace indices that read the tensor at `index`. */
export function consumersOf(index: number, layers: number): readonly number[] {
  const found: number[] = []
  // A tensor is read within its own layer or at the start of the next.
  const end = Math.min(tracePointCount(layers), index + 2 * LAYER_POINTS.length + 2)
  for (let other = index + 1; other < end; other++) if (producersOf(other, layers).includes(index)) found.push(other)
  return found
}

/** The logical block whose timer covers the tensor, and the timer's layer (layerCount for what lies outside the layers). */
export function timedBlockOf(index: number, layers: number): { readonly block: TimedBlock; readonly layer: number } {
  const { layer, point } = tracePointAt(index, layers)
  if (point === 'embedding') return { block: 'embedding', layer: layers }
  if (point === 'final_norm') return { block: 'norm', layer: layers }
  if (point === 'logits') return { block: 'lm_head', layer: layers }
  return { block: BLOCK_OF_POINT[point], layer }
}

/**
 * Walks upstream through tensors that are bad until none of the inputs is: the tensor that made the trouble at this token.
 * The earliest bad input is followed, so the walk ends at the earliest cause it can reach.
 */
export function originOf(index: number, layers: number, isBad: (index: number) => boolean): number {
  let at = index
  for (;;) {
    const bad = producersOf(at, layers).filter(isBad)
    if (bad.length === 0) return at
    at = Math.min(...bad)
  }
}

/** Finite inputs of the tensor where the trouble began: the last good data before it. */
export const lastFiniteAncestors = (origin: number, layers: number): readonly number[] => producersOf(origin, layers)

/** Whether attention may have read bad keys or values of earlier tokens: then the cause may lie at an earlier token. */
export const readsEarlierTokens = (index: number, layers: number): boolean => tracePointAt(index, layers).point === 'attn_context'
