import type { Architecture } from '../../../shared/model/description'
import { ARCHITECTURES, type ArchitectureFacts } from './table'
import type { ModelDimensions } from '../../../shared/model/description'
import { layerRoles, layerShape, modelShape } from './weights'

/** A model's shape with what else its metadata says: enough to write a file of it or to predict its size. */
export interface ModelShape extends ModelDimensions {
  readonly name: string
  readonly architecture: Architecture
  readonly contextLength: number
  readonly rmsNormEpsilon: number
  readonly ropeBase: number
  readonly tiedEmbedding: boolean
}

const LLAMA_2 = {
  architecture: 'llama',
  vocabularySize: 32_000,
  contextLength: 4096,
  rmsNormEpsilon: 1e-5,
  ropeBase: 10_000,
  tiedEmbedding: false
} as const

/** Shapes of published models, and small ones for tests. Parameter counts follow from them (parameterCountOf). */
export const PRESETS = {
  // 6.738 B parameters, as Meta gives it.
  'llama-2-7b': {
    ...LLAMA_2,
    name: 'Llama-2-7B',
    layerCount: 32,
    embeddingLength: 4096,
    headCount: 32,
    kvHeadCount: 32,
    headDim: 128,
    feedForwardLength: 11_008
  },
  // 13.016 B
  'llama-2-13b': {
    ...LLAMA_2,
    name: 'Llama-2-13B',
    layerCount: 40,
    embeddingLength: 5120,
    headCount: 40,
    kvHeadCount: 40,
    headDim: 128,
    feedForwardLength: 13_824
  },
  // 8.030 B
  'llama-3-8b': {
    name: 'Llama-3-8B',
    architecture: 'llama',
    layerCount: 32,
    embeddingLength: 4096,
    headCount: 32,
    kvHeadCount: 8,
    headDim: 128,
    feedForwardLength: 14_336,
    vocabularySize: 128_256,
    contextLength: 8192,
    rmsNormEpsilon: 1e-5,
    ropeBase: 500_000,
    tiedEmbedding: false
  },
  // 1.100 B
  'tinyllama-1.1b': {
    ...LLAMA_2,
    name: 'TinyLlama-1.1B',
    layerCount: 22,
    embeddingLength: 2048,
    headCount: 32,
    kvHeadCount: 4,
    headDim: 64,
    feedForwardLength: 5632,
    contextLength: 2048
  },
  /** Rows are multiples of 256, so that every type can store it; a few hundred kilobytes. */
  tiny: {
    ...LLAMA_2,
    name: 'Tiny',
    layerCount: 2,
    embeddingLength: 256,
    headCount: 4,
    kvHeadCount: 2,
    headDim: 64,
    feedForwardLength: 512,
    vocabularySize: 320,
    contextLength: 256
  }
} as const satisfies Readonly<Record<string, ModelShape>>

export type PresetName = keyof typeof PRESETS

export const isPresetName = (name: string): name is PresetName => Object.hasOwn(PRESETS, name)

export const architectureFacts = (architecture: Architecture): ArchitectureFacts =>
  ARCHITECTURES.find((row) => row.architecture === architecture) as ArchitectureFacts

/** Weights of a model of this shape; a tied output matrix counts once. Llama-2-7B: 6 738 415 616. */
export function parameterCountOf(shape: ModelShape): number {
  const product = (lengths: readonly number[]): number => lengths.reduce((total, length) => total * length, 1)
  const perLayer = layerRoles(architectureFacts(shape.architecture)).reduce((sum, role) => sum + product(layerShape(role, shape)), 0)
  const matrices = shape.tiedEmbedding ? 1 : 2
  return shape.layerCount * perLayer + matrices * product(modelShape('tokenEmbedding', shape)) + product(modelShape('finalNorm', shape))
}
