import { LAYER_POINTS, traceIndex, type LayerPoint } from '../../shared/model/trace-points'

/** What an operation reads: another point of the same layer, or the residual stream that enters the layer. */
export type OperationInput = LayerPoint | 'layer_in'

/** Inputs of every operation, in run_operation's order (docs/operations.md). */
export const OPERATION_INPUTS: Readonly<Record<LayerPoint, readonly OperationInput[]>> = {
  attn_norm: ['layer_in'],
  q: ['attn_norm'],
  k: ['attn_norm'],
  v: ['attn_norm'],
  attn_context: ['q', 'k', 'v'],
  attn_out: ['attn_context'],
  attn_residual: ['layer_in', 'attn_out'],
  ffn_norm: ['attn_residual'],
  ffn_gate: ['ffn_norm'],
  ffn_up: ['ffn_norm'],
  ffn_act: ['ffn_gate', 'ffn_up'],
  ffn_down: ['ffn_act'],
  layer_out: ['attn_residual', 'ffn_down']
}

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
