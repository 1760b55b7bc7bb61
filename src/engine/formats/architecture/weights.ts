import { GretaError } from '../../../shared/errors'
import type {
  LayerWeightTable,
  ModelDimensions,
  RowOrder,
  TensorInfo,
  WeightReference,
  WeightTable
} from '../../../shared/model/description'
import { assertNever } from '../../../shared/result'
import type { ArchitectureFacts, LayerRole, ModelRole, TensorNaming } from './table'

const LAYER_NUMBER = /(?:^blk|\.layers)\.(\d+)\./u
const FLOAT_TYPES: readonly string[] = ['F32', 'F16', 'BF16']

/** Shape of a layer's tensor, slowest first. One number = a vector, which must be stored as floats. */
export function layerShape(role: LayerRole, d: ModelDimensions): readonly number[] {
  const queryRows = d.headCount * d.headDim
  const keyRows = d.kvHeadCount * d.headDim
  switch (role) {
    case 'attnNorm':
    case 'ffnNorm':
      return [d.embeddingLength]
    case 'q':
      return [queryRows, d.embeddingLength]
    case 'k':
    case 'v':
      return [keyRows, d.embeddingLength]
    case 'qBias':
      return [queryRows]
    case 'kBias':
    case 'vBias':
      return [keyRows]
    case 'qNorm':
    case 'kNorm':
      return [d.headDim]
    case 'attnOutput':
      return [d.embeddingLength, queryRows]
    case 'ffnGate':
    case 'ffnUp':
      return [d.feedForwardLength, d.embeddingLength]
    case 'ffnDown':
      return [d.embeddingLength, d.feedForwardLength]
    default:
      return assertNever(role, 'layer role')
  }
}

export function modelShape(role: ModelRole, d: ModelDimensions): readonly number[] {
  return role === 'finalNorm' ? [d.embeddingLength] : [d.vocabularySize, d.embeddingLength]
}

/** Tensor names of an architecture's layer, in a fixed order. */
export function layerRoles(facts: ArchitectureFacts): readonly LayerRole[] {
  const roles: LayerRole[] = ['attnNorm', 'q', 'k', 'v']
  if (facts.attentionBias) roles.push('qBias', 'kBias', 'vBias')
  if (facts.queryKeyNorm) roles.push('qNorm', 'kNorm')
  return [...roles, 'attnOutput', 'ffnNorm', 'ffnGate', 'ffnUp', 'ffnDown']
}

export const layerTensorName = (naming: TensorNaming, role: LayerRole, layer: number): string =>
  naming.layer[role].replace('{}', String(layer))

export interface WeightSource {
  /** File name for errors. */
  readonly name: string
  readonly tensors: readonly TensorInfo[]
  readonly naming: TensorNaming
  /** Row order of q and k. */
  readonly rotaryRowOrder: RowOrder
}

/**
 * Gives every tensor its role. Throws when one is missing or has another shape than the hyper-parameters say, and when the
 * file holds tensors that this architecture does not have: computing without them would give plausible, wrong text.
 */
export function buildWeightTable(
  source: WeightSource,
  facts: ArchitectureFacts,
  dimensions: ModelDimensions,
  tiedEmbedding: boolean | undefined
): { readonly weights: WeightTable; readonly tied: boolean } {
  const unclaimed = new Map(source.tensors.map((tensor) => [tensor.name, tensor]))
  const claim = (name: string, shape: readonly number[], rowOrder: RowOrder): WeightReference => {
    const tensor = unclaimed.get(name)
    if (tensor === undefined) {
      throw new GretaError(
        'format',
        `${source.name}: tensor ${name} is missing; a ${facts.architecture} model of ${dimensions.layerCount} layers has it.`,
        'The file is incomplete or was converted wrongly.'
      )
    }
    unclaimed.delete(name)
    checkTensor(source.name, tensor, shape)
    return { tensor, rowOrder }
  }
  const claimModel = (role: ModelRole): WeightReference => claim(source.naming.model[role], modelShape(role, dimensions), 'as-stored')
  const tokenEmbedding = claimModel('tokenEmbedding')
  const roles = layerRoles(facts)
  const layers: LayerWeightTable[] = []
  for (let layer = 0; layer < dimensions.layerCount; layer += 1) {
    const entries = roles.map((role) => {
      const rotary = role === 'q' || role === 'k'
      const reference = claim(
        layerTensorName(source.naming, role, layer),
        layerShape(role, dimensions),
        rotary ? source.rotaryRowOrder : 'as-stored'
      )
      return [role, reference] as const
    })
    layers.push(Object.fromEntries(entries) as unknown as LayerWeightTable)
  }
  const finalNorm = claimModel('finalNorm')
  const headName = source.naming.model.lmHead
  const tied = tiedEmbedding ?? !unclaimed.has(headName)
  const lmHead = tied ? tokenEmbedding : claimModel('lmHead')
  if (tied) unclaimed.delete(headName)
  refuseUnclaimed(source, facts, dimensions.layerCount, [...unclaimed.keys()])
  return { weights: { tokenEmbedding, layers, finalNorm, lmHead }, tied }
}

function checkTensor(fileName: string, tensor: TensorInfo, shape: readonly number[]): void {
  const same = tensor.shape.length === shape.length && tensor.shape.every((length, axis) => length === shape[axis])
  if (!same) {
    throw new GretaError(
      'format',
      `${fileName}: tensor ${tensor.name} has shape [${tensor.shape.join(', ')}]; the hyper-parameters say [${shape.join(', ')}].`,
      'The file was converted wrongly, or its metadata was edited.'
    )
  }
  if (shape.length === 1 && !FLOAT_TYPES.includes(tensor.type)) {
    throw new GretaError('unsupported', `${fileName}: tensor ${tensor.name} is a vector of type ${tensor.type}; expected F32, F16 or BF16.`)
  }
}

/** A name out of a file for a message: short, without control characters that a terminal would obey. */
const printable = (name: string): string => name.slice(0, 80).replaceAll(/\p{C}/gu, '?')

function refuseUnclaimed(source: WeightSource, facts: ArchitectureFacts, layerCount: number, names: readonly string[]): void {
  const odd = names.filter((name) => !source.naming.ignored.some((pattern) => pattern.test(name)))
  if (odd.length === 0) return
  const beyond = odd.find((name) => Number(LAYER_NUMBER.exec(name)?.[1] ?? -1) >= layerCount)
  if (beyond !== undefined) {
    throw new GretaError(
      'format',
      `${source.name}: tensor ${printable(beyond)} lies beyond the ${layerCount} layers that the metadata names.`
    )
  }
  const listed = odd.slice(0, 3).map(printable).join(', ')
  const more = odd.length > 3 ? ` and ${odd.length - 3} more` : ''
  throw new GretaError(
    'unsupported',
    `${source.name}: a ${facts.architecture} model has no tensor ${listed}${more}; running without would give wrong text.`,
    'This is a variant of the architecture that the engine does not know.'
  )
}
