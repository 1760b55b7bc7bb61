/**
 * Tensor element types, with GGUF's ids and block sizes (ggml docs/gguf.md). The C++ twin is native/base/dtype.h; a test
 * holds the two tables against each other.
 */
export interface DTypeFacts {
  readonly name: DTypeName
  readonly id: number
  readonly blockWeights: number
  readonly blockBytes: number
}

export type DTypeName = 'F32' | 'F16' | 'BF16' | 'Q4_0' | 'Q4_1' | 'Q5_0' | 'Q5_1' | 'Q8_0' | 'Q2_K' | 'Q3_K' | 'Q4_K' | 'Q5_K' | 'Q6_K'

export const DTYPES: readonly DTypeFacts[] = [
  { name: 'F32', id: 0, blockWeights: 1, blockBytes: 4 },
  { name: 'F16', id: 1, blockWeights: 1, blockBytes: 2 },
  { name: 'BF16', id: 30, blockWeights: 1, blockBytes: 2 },
  { name: 'Q4_0', id: 2, blockWeights: 32, blockBytes: 18 },
  { name: 'Q4_1', id: 3, blockWeights: 32, blockBytes: 20 },
  { name: 'Q5_0', id: 6, blockWeights: 32, blockBytes: 22 },
  { name: 'Q5_1', id: 7, blockWeights: 32, blockBytes: 24 },
  { name: 'Q8_0', id: 8, blockWeights: 32, blockBytes: 34 },
  { name: 'Q2_K', id: 10, blockWeights: 256, blockBytes: 84 },
  { name: 'Q3_K', id: 11, blockWeights: 256, blockBytes: 110 },
  { name: 'Q4_K', id: 12, blockWeights: 256, blockBytes: 144 },
  { name: 'Q5_K', id: 13, blockWeights: 256, blockBytes: 176 },
  { name: 'Q6_K', id: 14, blockWeights: 256, blockBytes: 210 }
]

const byId = new Map(DTYPES.map((facts) => [facts.id, facts]))
const byName = new Map(DTYPES.map((facts) => [facts.name, facts]))

export const dtypeById = (id: number): DTypeFacts | undefined => byId.get(id)
export const dtypeFacts = (name: DTypeName): DTypeFacts => byName.get(name) as DTypeFacts
