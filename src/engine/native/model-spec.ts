import type { ModelConfig, OpenedModel, WeightReference, WeightTable } from '../../shared/model/description'
import { dtypeFacts } from '../../shared/model/dtype'
import type { NativeModelSpec } from './addon'

const RECORD_COLUMNS = 8

/** A validated model as the numbers that native code takes. */
export function nativeModelSpec(model: OpenedModel, config: ModelConfig, weights: WeightTable): NativeModelSpec {
  const references: (WeightReference | undefined)[] = [weights.tokenEmbedding, weights.finalNorm, weights.lmHead]
  for (const layer of weights.layers) {
    // The order of LayerWeights in native/backend/backend.h.
    references.push(layer.attnNorm, layer.q, layer.k, layer.v, layer.qBias, layer.kBias, layer.vBias, layer.qNorm, layer.kNorm)
    references.push(layer.attnOutput, layer.ffnNorm, layer.ffnGate, layer.ffnUp, layer.ffnDown)
  }
  const tensors = new Float64Array(references.length * RECORD_COLUMNS)
  references.forEach((reference, index) => {
    if (reference !== undefined) tensors.set(record(reference), index * RECORD_COLUMNS)
  })
  return {
    layerCount: config.layerCount,
    embeddingLength: config.embeddingLength,
    headCount: config.headCount,
    kvHeadCount: config.kvHeadCount,
    headDim: config.headDim,
    feedForwardLength: config.feedForwardLength,
    vocabularySize: config.vocabularySize,
    rmsNormEpsilon: config.rmsNormEpsilon,
    attentionScale: config.attentionScale,
    ropeMagnitude: config.ropeMagnitude,
    ropePairing: config.ropePairing === 'interleaved' ? 0 : 1,
    ropeDims: config.ropeDims,
    ropeInverseFrequencies: config.ropeInverseFrequencies,
    filePaths: model.files.map((file) => file.path),
    fileSizes: Float64Array.from(model.files, (file) => file.sizeBytes),
    tensors
  }
}

function record({ tensor, rowOrder }: WeightReference): number[] {
  const cols = tensor.shape.at(-1) ?? 1
  const rows = tensor.shape.slice(0, -1).reduce((product, dimension) => product * dimension, 1)
  const order = rowOrder === 'as-stored' ? 0 : 1
  return [1, tensor.file, tensor.offsetBytes, tensor.sizeBytes, dtypeFacts(tensor.type).id, rows, cols, order]
}
