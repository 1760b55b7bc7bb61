import { dtypeFacts, type DTypeName } from '../../../shared/model/dtype'
import { PRESETS, type ModelShape } from '../architecture/presets'
import { encodeGgufHeader, type GgufEntry, type GgufHeaderSpec, type GgufTensorRecord } from '../writing/gguf-encoder'
import { layoutModel } from '../writing/model-layout'
import { modelMetadata } from '../writing/model-metadata'
import { syntheticTensorBytes } from '../writing/write-model'

/** The smallest model that runs: one layer of 32 dimensions. Tests change one thing of it. */
export const SMALL_SHAPE: ModelShape = {
  ...PRESETS.tiny,
  layerCount: 1,
  embeddingLength: 32,
  headCount: 2,
  kvHeadCount: 1,
  headDim: 16,
  feedForwardLength: 64,
  vocabularySize: 264,
  contextLength: 32
}

export const align32 = (value: number): number => Math.ceil(value / 32) * 32

export function tensorRecord(name: string, type: DTypeName, shape: readonly number[], dataOffset: number | bigint): GgufTensorRecord {
  return { name, typeId: dtypeFacts(type).id, shape, dataOffset }
}

/** Header parts and data of a small valid model, for tests to damage. */
export interface SmallModel {
  readonly entries: readonly GgufEntry[]
  readonly tensors: readonly GgufTensorRecord[]
  readonly data: Uint8Array
}

export function smallModel(shape: ModelShape = SMALL_SHAPE, mix = 'f32'): SmallModel {
  const layout = layoutModel(shape, mix)
  const data = new Uint8Array(layout.dataBytes)
  for (const tensor of layout.tensors) data.set(syntheticTensorBytes(tensor, 1), tensor.dataOffset)
  return {
    entries: modelMetadata(shape, mix, 1),
    tensors: layout.tensors.map((tensor) => ({ ...tensor, typeId: dtypeFacts(tensor.type).id })),
    data
  }
}

/** File bytes of the model, with parts of the header replaced. */
export function encodeModel(model: SmallModel, changes: Partial<GgufHeaderSpec> = {}): Uint8Array {
  const header = encodeGgufHeader({ entries: model.entries, tensors: model.tensors, ...changes })
  return Uint8Array.from(Buffer.concat([header, model.data]))
}

export const withEntry = (entries: readonly GgufEntry[], changed: GgufEntry): readonly GgufEntry[] => {
  const rest = entries.filter((entry) => entry.key !== changed.key)
  return [...rest, changed]
}

export const withoutEntry = (entries: readonly GgufEntry[], key: string): readonly GgufEntry[] =>
  entries.filter((entry) => entry.key !== key)
