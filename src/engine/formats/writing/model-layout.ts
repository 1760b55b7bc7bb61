import { GretaError } from '../../../shared/errors'
import { type DTypeName, dtypeFacts } from '../../../shared/model/dtype'
import { architectureFacts, type ModelShape } from '../architecture/presets'
import { GGUF_NAMING, type LayerRole, type ModelRole } from '../architecture/table'
import { layerRoles, layerShape, layerTensorName, modelShape } from '../architecture/weights'
import { tensorSizeBytes } from '../tensor-sizes'
import { matrixType, QUANT_MIXES } from './quant-mix'

/** A tensor of a model that is about to be written. */
export interface PlannedTensor {
  /** Its GGUF name, which also seeds its values. */
  readonly name: string
  readonly role: LayerRole | ModelRole
  readonly type: DTypeName
  /** Slowest dimension first. */
  readonly shape: readonly number[]
  readonly sizeBytes: number
  /** From the start of the data section. */
  readonly dataOffset: number
  readonly mean: number
  readonly standardDeviation: number
}

export interface ModelLayout {
  readonly tensors: readonly PlannedTensor[]
  /** Of the whole data section, padding included. */
  readonly dataBytes: number
}

export const ALIGNMENT_BYTES = 32

/** Names, types, sizes and places of all tensors of a model in GGUF order. Throws 'usage' for an unknown mix. */
export function layoutModel(shape: ModelShape, mix: string): ModelLayout {
  if (!QUANT_MIXES.includes(mix)) {
    throw new GretaError('usage', `There is no quant mix ${JSON.stringify(mix)}.`, `Choose one of ${QUANT_MIXES.join(', ')}.`)
  }
  const tensors: PlannedTensor[] = []
  let dataOffset = 0
  let matrices = 0
  const add = (name: string, role: LayerRole | ModelRole, lengths: readonly number[], layer: number): void => {
    const isMatrix = lengths.length > 1
    const columns = lengths.at(-1) as number
    const type = isMatrix ? matrixType(mix, role, layer, shape.layerCount, columns, shape.tiedEmbedding, matrices) : 'F32'
    if (isMatrix) matrices += 1
    const sizeBytes = tensorSizeBytes(dtypeFacts(type), lengths)
    if (sizeBytes === undefined) throw new GretaError('usage', `Tensor ${name} of shape [${lengths.join(', ')}] is too large.`)
    tensors.push({ name, role, type, shape: lengths, sizeBytes, dataOffset, ...distribution(role, shape, columns) })
    dataOffset += Math.ceil(sizeBytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES
  }
  const addModel = (role: ModelRole): void => add(GGUF_NAMING.model[role], role, modelShape(role, shape), -1)
  addModel('tokenEmbedding')
  for (let layer = 0; layer < shape.layerCount; layer += 1) {
    for (const role of layerRoles(architectureFacts(shape.architecture))) {
      add(layerTensorName(GGUF_NAMING, role, layer), role, layerShape(role, shape), layer)
    }
  }
  addModel('finalNorm')
  if (!shape.tiedEmbedding) addModel('lmHead')
  return { tensors, dataBytes: dataOffset }
}

/**
 * Values that keep a random model alive: matrices keep the size of what passes through them (deviation 1/sqrt(columns)),
 * what is added to the residual stream shrinks with the depth, norms are about 1, and logits spread by about 2, so that a
 * softmax over them is neither flat nor a single spike.
 */
function distribution(
  role: LayerRole | ModelRole,
  shape: ModelShape,
  columns: number
): { readonly mean: number; readonly standardDeviation: number } {
  const keeping = 1 / Math.sqrt(columns)
  switch (role) {
    case 'attnNorm':
    case 'ffnNorm':
    case 'finalNorm':
    case 'qNorm':
    case 'kNorm':
      return { mean: 1, standardDeviation: 0.05 }
    case 'qBias':
    case 'kBias':
    case 'vBias':
      return { mean: 0, standardDeviation: 0.1 }
    case 'attnOutput':
    case 'ffnDown':
      return { mean: 0, standardDeviation: keeping / Math.sqrt(2 * shape.layerCount) }
    case 'lmHead':
      return { mean: 0, standardDeviation: 2 * keeping }
    case 'tokenEmbedding':
      // A tied embedding is the output matrix too; the first norm takes its size out of the layers' input.
      return { mean: 0, standardDeviation: shape.tiedEmbedding ? 2 * keeping : 1 }
    default:
      return { mean: 0, standardDeviation: keeping }
  }
}
