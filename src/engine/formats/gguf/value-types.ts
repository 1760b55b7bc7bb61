/** GGUF metadata value types by id (ggml docs/gguf.md). `bytes` is the size of a fixed-size value. */
export type GgufScalarType = 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'f32' | 'bool' | 'u64' | 'i64' | 'f64'
export type GgufValueType = GgufScalarType | 'string' | 'array'

export interface ValueTypeFacts {
  readonly id: number
  readonly name: GgufValueType
  /** Least bytes a value takes: its size, or the length field of a string or array. */
  readonly bytes: number
}

export const VALUE_TYPES: readonly ValueTypeFacts[] = [
  { id: 0, name: 'u8', bytes: 1 },
  { id: 1, name: 'i8', bytes: 1 },
  { id: 2, name: 'u16', bytes: 2 },
  { id: 3, name: 'i16', bytes: 2 },
  { id: 4, name: 'u32', bytes: 4 },
  { id: 5, name: 'i32', bytes: 4 },
  { id: 6, name: 'f32', bytes: 4 },
  { id: 7, name: 'bool', bytes: 1 },
  { id: 8, name: 'string', bytes: 8 },
  { id: 9, name: 'array', bytes: 12 },
  { id: 10, name: 'u64', bytes: 8 },
  { id: 11, name: 'i64', bytes: 8 },
  { id: 12, name: 'f64', bytes: 8 }
]

export const valueTypeById = (id: number): ValueTypeFacts | undefined => VALUE_TYPES[id]
export const valueTypeId = (name: GgufValueType): number => VALUE_TYPES.findIndex((facts) => facts.name === name)

/** Tensor types that exist in GGUF but not in this engine, so that a refusal can name them. */
export const FOREIGN_TENSOR_TYPES: ReadonlyMap<number, string> = new Map([
  [4, 'Q4_2 (removed from GGUF)'],
  [5, 'Q4_3 (removed from GGUF)'],
  [9, 'Q8_1'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [20, 'IQ4_NL'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [23, 'IQ4_XS'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [29, 'IQ1_M'],
  [31, 'Q4_0_4_4 (removed from GGUF)'],
  [32, 'Q4_0_4_8 (removed from GGUF)'],
  [33, 'Q4_0_8_8 (removed from GGUF)'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
  [39, 'MXFP4'],
  [40, 'NVFP4'],
  [41, 'Q1_0'],
  [42, 'Q2_0']
])
