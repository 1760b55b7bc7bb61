import type { LayerPoint } from './trace-points'

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
