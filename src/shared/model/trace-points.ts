/** The trace points, in execution order: the product's contract. The C++ twin is native/backend/trace_points.h. */
export const LAYER_POINTS = [
  'attn_norm',
  'q',
  'k',
  'v',
  'attn_context',
  'attn_out',
  'attn_residual',
  'ffn_norm',
  'ffn_gate',
  'ffn_up',
  'ffn_act',
  'ffn_down',
  'layer_out'
] as const
export type LayerPoint = (typeof LAYER_POINTS)[number]
export type TracePoint = 'embedding' | LayerPoint | 'final_norm' | 'logits'

export const tracePointCount = (layers: number): number => 1 + layers * LAYER_POINTS.length + 2
export const traceIndex = (layer: number, point: LayerPoint): number => 1 + layer * LAYER_POINTS.length + LAYER_POINTS.indexOf(point)

/** The inverse of traceIndex over a whole row. `layer` is -1 for embedding and the layer count for final_norm and logits. */
export function tracePointAt(index: number, layers: number): { readonly layer: number; readonly point: TracePoint } {
  if (index === 0) return { layer: -1, point: 'embedding' }
  const inside = index - 1
  const layer = Math.floor(inside / LAYER_POINTS.length)
  if (layer < layers) return { layer, point: LAYER_POINTS[inside % LAYER_POINTS.length] as LayerPoint }
  return { layer: layers, point: inside - layers * LAYER_POINTS.length === 0 ? 'final_norm' : 'logits' }
}

/**
 * One statistics row of one token at one trace point: 10 words of 4 bytes (native TraceStats). The first five are f32,
 * the rest u32; a Float32Array and a Uint32Array over the same bytes read them.
 */
export const TRACE_STATS_WORDS = 10
export const TRACE_FLOAT_FIELDS = ['min', 'max', 'mean', 'rms', 'absmax'] as const
export const TRACE_COUNT_FIELDS = ['nan', 'positiveInfinity', 'negativeInfinity', 'zero', 'saturated'] as const
export type TraceField = (typeof TRACE_FLOAT_FIELDS)[number] | (typeof TRACE_COUNT_FIELDS)[number]

export const TIMED_BLOCKS = ['embedding', 'norm', 'qkv', 'attention', 'ffn', 'lm_head', 'sampling', 'host_gap'] as const
export type TimedBlock = (typeof TIMED_BLOCKS)[number]
