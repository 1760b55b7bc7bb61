import { GretaError } from '../../../shared/errors'
import type { ModelConfig, ModelDimensions, TensorInfo, WeightTable } from '../../../shared/model/description'
import { LIMITS } from '../limits'
import type { HyperParameters } from './hyper-parameters'
import { ropeFrequencies } from './rope'
import { buildWeightTable, type WeightSource } from './weights'

/** Hyper-parameters and tensors, compared with each other, as what the engine runs. */
export function buildRunnable(
  hyper: HyperParameters,
  source: WeightSource
): { readonly config: ModelConfig; readonly weights: WeightTable } {
  const dimensions = checkDimensions(hyper, source)
  const { weights, tied } = buildWeightTable(source, hyper.facts, dimensions, hyper.tiedEmbedding)
  const ropeDims = hyper.ropeDims ?? dimensions.headDim
  if (ropeDims % 2 !== 0 || ropeDims > dimensions.headDim || ropeDims < 2) {
    throw new GretaError(
      'format',
      `${source.name}: ${ropeDims} rotary dimensions do not fit heads of ${dimensions.headDim}; expected an even number up to that.`
    )
  }
  if (source.rotaryRowOrder !== 'as-stored' && ropeDims !== dimensions.headDim) {
    throw new GretaError(
      'unsupported',
      `${source.name}: only ${ropeDims} of ${dimensions.headDim} head dimensions are rotated; unknown row order.`
    )
  }
  const rope = ropeFrequencies(source.name, hyper.ropeBase, ropeDims, hyper.ropeScaling)
  const config: ModelConfig = {
    architecture: hyper.facts.architecture,
    name: hyper.name,
    ...dimensions,
    contextLength: hyper.contextLength,
    rmsNormEpsilon: hyper.rmsNormEpsilon,
    attentionScale: 1 / Math.sqrt(dimensions.headDim),
    ropePairing: hyper.facts.ropePairing,
    ropeDims,
    ropeBase: hyper.ropeBase,
    ropeScaling: rope.scaling,
    ropeInverseFrequencies: rope.inverse,
    ropeMagnitude: rope.magnitude,
    tiedEmbedding: tied,
    parameterCount: countParameters(weights, tied)
  }
  return { config, weights }
}

function checkDimensions(hyper: HyperParameters, source: WeightSource): ModelDimensions {
  const { headCount, kvHeadCount, embeddingLength, layerCount, feedForwardLength } = hyper
  const fail = (message: string): GretaError => new GretaError('format', `${source.name}: ${message}`, 'The metadata is damaged or wrong.')
  if (kvHeadCount > headCount || headCount % kvHeadCount !== 0) {
    throw fail(`${headCount} attention heads cannot share ${kvHeadCount} key-value heads evenly.`)
  }
  const headDim = hyper.headDim ?? embeddingLength / headCount
  if (!Number.isInteger(headDim) || headDim < 2 || headDim > LIMITS.headDim || headDim % 2 !== 0) {
    throw fail(
      `heads of ${headDim} dimensions (${embeddingLength} over ${headCount} heads); expected an even number up to ${LIMITS.headDim}.`
    )
  }
  const embedding = source.tensors.find((tensor) => tensor.name === source.naming.model.tokenEmbedding)
  const vocabularySize = hyper.vocabularySize ?? rowsOf(embedding)
  if (vocabularySize === undefined) {
    throw fail(`tensor ${source.naming.model.tokenEmbedding} is missing, so the size of the vocabulary is unknown.`)
  }
  if (headCount * headDim > LIMITS.dimension) throw fail(`${headCount} heads of ${headDim} dimensions are too many.`)
  return { layerCount, embeddingLength, headCount, kvHeadCount, headDim, feedForwardLength, vocabularySize }
}

const rowsOf = (tensor: TensorInfo | undefined): number | undefined => (tensor?.shape.length === 2 ? tensor.shape[0] : undefined)

/** Weights of every tensor that has a role, each counted once. */
function countParameters(weights: WeightTable, tied: boolean): number {
  const references = [weights.tokenEmbedding, weights.finalNorm, ...(tied ? [] : [weights.lmHead])]
  const layerReferences = weights.layers.flatMap((layer) => Object.values(layer) as (typeof weights.finalNorm)[])
  let total = 0
  for (const { tensor } of [...references, ...layerReferences]) total += tensor.shape.reduce((product, length) => product * length, 1)
  return total
}
