import { LAYER_POINTS, type LayerPoint, traceIndex } from '../../shared/model/trace-points'

export { OPERATION_INPUTS, type OperationInput } from '../../shared/model/operations'

/** What an operation is called in a report. */
export const OPERATION_NAMES: Readonly<Record<LayerPoint, string>> = {
  attn_norm: 'RMS norm before attention',
  q: 'query projection and RoPE',
  k: 'key projection and RoPE',
  v: 'value projection',
  attn_context: 'attention over the KV cache',
  attn_out: 'attention output projection',
  attn_residual: 'residual addition after attention',
  ffn_norm: 'RMS norm before the feed-forward block',
  ffn_gate: 'gate projection',
  ffn_up: 'up projection',
  ffn_act: 'SiLU(gate) times up',
  ffn_down: 'down projection',
  layer_out: 'residual addition after the feed-forward block'
}

/** Trace index of the residual stream that enters a layer: the layer before, or the embedding. */
export const layerInputIndex = (layer: number): number => (layer === 0 ? 0 : traceIndex(layer - 1, 'layer_out'))

/** All trace indices of one layer in execution order, the residual stream that enters it first. */
export const layerIndices = (layer: number): number[] => [layerInputIndex(layer), ...LAYER_POINTS.map((point) => traceIndex(layer, point))]
