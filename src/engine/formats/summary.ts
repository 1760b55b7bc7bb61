import type { OpenedModel, TensorInfo, WeightReference, WeightTable } from '../../shared/model/description'
import type { DTypeName } from '../../shared/model/dtype'

export interface QuantMixRow {
  readonly type: DTypeName
  readonly tensorCount: number
  readonly weightCount: number
  readonly sizeBytes: number
}

export interface ModelSummary {
  /** Weights of all tensors in the files. */
  readonly weightCount: number
  readonly weightBytes: number
  readonly bitsPerWeight: number
  /** Largest share of the bytes first. */
  readonly quantMix: readonly QuantMixRow[]
  /** Parameters of the model, a tied matrix counted once; undefined when it cannot be run. */
  readonly parameterCount: number | undefined
  /** Weight bytes that decoding one token reads: every matrix once, one row of the token embedding, no KV cache. */
  readonly bytesPerToken: number | undefined
}

export const elementCount = (tensor: TensorInfo): number => tensor.shape.reduce((product, length) => product * length, 1)

/** What can be said about a model's weights without reading one. */
export function summarize(opened: OpenedModel): ModelSummary {
  const rows = new Map<DTypeName, { tensorCount: number; weightCount: number; sizeBytes: number }>()
  for (const tensor of opened.tensors) {
    const row = rows.get(tensor.type) ?? { tensorCount: 0, weightCount: 0, sizeBytes: 0 }
    row.tensorCount += 1
    row.weightCount += elementCount(tensor)
    row.sizeBytes += tensor.sizeBytes
    rows.set(tensor.type, row)
  }
  const quantMix = [...rows].map(([type, row]) => ({ type, ...row })).sort((a, b) => b.sizeBytes - a.sizeBytes)
  const weightCount = quantMix.reduce((sum, row) => sum + row.weightCount, 0)
  const weightBytes = quantMix.reduce((sum, row) => sum + row.sizeBytes, 0)
  return {
    weightCount,
    weightBytes,
    bitsPerWeight: weightCount === 0 ? 0 : (8 * weightBytes) / weightCount,
    quantMix,
    parameterCount: opened.runnable?.config.parameterCount,
    bytesPerToken: opened.runnable === undefined ? undefined : decodeBytes(opened.runnable.weights)
  }
}

function decodeBytes(weights: WeightTable): number {
  const embedding = weights.tokenEmbedding.tensor
  const layerBytes = weights.layers.reduce((sum, layer) => sum + bytesOf(Object.values(layer) as WeightReference[]), 0)
  return embedding.sizeBytes / (embedding.shape[0] as number) + layerBytes + bytesOf([weights.finalNorm, weights.lmHead])
}

const bytesOf = (references: readonly WeightReference[]): number =>
  references.reduce((sum, reference) => sum + reference.tensor.sizeBytes, 0)

/** "Q4_K 57 tensors 9.1 MB, Q6_K 9 tensors 4.2 MB": decimal megabytes, as file sizes are given. */
export function quantMixText(summary: ModelSummary): string {
  return summary.quantMix
    .map((row) => `${row.type} ${row.tensorCount} ${row.tensorCount === 1 ? 'tensor' : 'tensors'} ${(row.sizeBytes / 1e6).toFixed(1)} MB`)
    .join(', ')
}
