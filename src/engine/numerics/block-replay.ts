import { LAYER_POINTS, type LayerPoint, traceIndex } from '../../shared/model/trace-points'
import type { FaultRequest, Session } from '../session/types'
import { layerIndices, layerInputIndex, OPERATION_INPUTS, type OperationInput } from './operations'

/** Every tensor of one layer for positions 0 .. count-1, by the name operations know it by. */
export type LayerTensors = ReadonlyMap<OperationInput, Float32Array>

/** Captures one whole layer of a session for the first `count` positions of its sequence. */
export async function captureLayer(
  session: Session,
  layer: number,
  count: number,
  faults?: readonly FaultRequest[]
): Promise<LayerTensors> {
  const [tensors] = await captureLayers(session, layer, layer + 1, count, faults)
  return tensors as LayerTensors
}

/** The same for layers [from, to) in one evaluation. */
export async function captureLayers(
  session: Session,
  from: number,
  to: number,
  count: number,
  faults?: readonly FaultRequest[]
): Promise<readonly LayerTensors[]> {
  const layers = Array.from({ length: to - from }, (_, index) => from + index)
  const indices = [...new Set(layers.flatMap(layerIndices))]
  const { tensors } = await session.capture({ from: 0, to: count, traceIndices: indices, ...(faults === undefined ? {} : { faults }) })
  return layers.map((layer) => {
    const named = new Map<OperationInput, Float32Array>([['layer_in', tensors.get(layerInputIndex(layer)) as Float32Array]])
    for (const point of LAYER_POINTS) named.set(point, tensors.get(traceIndex(layer, point)) as Float32Array)
    return named
  })
}

/** Runs one operation of `reference` on given tensors, for positions 0 .. count-1 in one call. */
export function replayOperation(
  reference: Session,
  layer: number,
  point: LayerPoint,
  tensors: LayerTensors,
  count: number
): Promise<Float32Array> {
  const inputs = OPERATION_INPUTS[point].map((name) => tensors.get(name) as Float32Array)
  return reference.runOperation({ layer, point, inputs, tokenCount: count, position: 0 })
}

/** Runs all operations of a block of `reference` on the residual stream that enters it; resolves to the block's output. */
export async function replayBlock(reference: Session, layer: number, layerIn: Float32Array, count: number): Promise<Float32Array> {
  const tensors = new Map<OperationInput, Float32Array>([['layer_in', layerIn]])
  for (const point of LAYER_POINTS) tensors.set(point, await replayOperation(reference, layer, point, tensors, count))
  return tensors.get('layer_out') as Float32Array
}
