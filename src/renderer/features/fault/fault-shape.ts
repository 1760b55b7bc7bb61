import type { ModelConfig } from '../../../shared/model/description'
import { LAYER_POINTS, type LayerPoint } from '../../../shared/model/trace-points'
import type { FaultKind, FaultSettings } from '../../../shared/protocol'

type Shape = Pick<ModelConfig, 'layerCount' | 'embeddingLength' | 'headCount' | 'kvHeadCount' | 'headDim' | 'feedForwardLength'>

/** Tensors that a matrix product makes: only these have a weight row to scale or inputs to lose. */
const MATRIX_POINTS: readonly LayerPoint[] = ['q', 'k', 'v', 'attn_out', 'ffn_gate', 'ffn_up', 'ffn_down']

/** Where a kind of fault can be; one entry where the kind itself says it. */
export const POINTS_OF: Readonly<Record<FaultKind, readonly LayerPoint[]>> = {
  'nan-at-point': LAYER_POINTS,
  'scale-weight-row': MATRIX_POINTS,
  'drop-k-tile': MATRIX_POINTS,
  'wrong-rope-base': ['q'],
  'stale-kv-slot': ['attn_context']
}

type NumberName = 'position' | 'index' | 'count' | 'factor'

/** The numbers that mean something for a kind. */
export const NUMBERS_OF: Readonly<Record<FaultKind, readonly NumberName[]>> = {
  'nan-at-point': ['position', 'index'],
  'scale-weight-row': ['index', 'factor'],
  'drop-k-tile': ['index', 'count'],
  'wrong-rope-base': ['factor'],
  'stale-kv-slot': ['position']
}

const outputsOf = (shape: Shape, point: LayerPoint): number =>
  point === 'q' || point === 'attn_context'
    ? shape.headCount * shape.headDim
    : point === 'k' || point === 'v'
      ? shape.kvHeadCount * shape.headDim
      : point === 'ffn_gate' || point === 'ffn_up' || point === 'ffn_act'
        ? shape.feedForwardLength
        : shape.embeddingLength

const inputsOf = (shape: Shape, point: LayerPoint): number =>
  point === 'attn_out' ? shape.headCount * shape.headDim : point === 'ffn_down' ? shape.feedForwardLength : shape.embeddingLength

/** How many elements `index` can choose from: of the tensor, or of the inputs of the product that makes it. */
export const indexLimit = (shape: Shape, { kind, point }: Pick<FaultSettings, 'kind' | 'point'>): number =>
  kind === 'drop-k-tile' ? inputsOf(shape, point) : outputsOf(shape, point)

/** A fault of this kind that the model can have, as the fault lab would plant it; `position` is that of the NaN or the stale slot. */
export function exampleFault(kind: FaultKind, shape: Shape, position: number): FaultSettings {
  const middle = Math.floor(shape.layerCount / 2)
  const examples: Readonly<Record<FaultKind, Pick<FaultSettings, 'layer' | 'point'>>> = {
    'nan-at-point': { layer: middle, point: 'attn_out' },
    'scale-weight-row': { layer: Math.min(1, shape.layerCount - 1), point: 'ffn_up' },
    'drop-k-tile': { layer: middle, point: 'ffn_down' },
    'wrong-rope-base': { layer: shape.layerCount - 1, point: 'q' },
    'stale-kv-slot': { layer: 0, point: 'attn_context' }
  }
  const { layer, point } = examples[kind]
  const numbers = NUMBERS_OF[kind]
  return {
    kind,
    layer,
    point,
    position: numbers.includes('position') ? position : 0,
    index: numbers.includes('index') ? Math.floor(indexLimit(shape, { kind, point }) / 2) : 0,
    count: numbers.includes('count') ? 32 : 0,
    factor: kind === 'scale-weight-row' ? 1.01 : kind === 'wrong-rope-base' ? 2 : 1
  }
}

/** The fault moved to another tensor, its element inside it. */
export const atPoint = (shape: Shape, fault: FaultSettings, point: LayerPoint): FaultSettings => ({
  ...fault,
  point,
  index: Math.min(fault.index, indexLimit(shape, { kind: fault.kind, point }) - 1)
})
