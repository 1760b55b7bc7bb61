import type { DTypeName } from '../../../shared/model/dtype'
import { DTYPES, dtypeFacts } from '../../../shared/model/dtype'
import type { LayerRole, ModelRole } from '../architecture/table'

const UNIFORM_MIXES = DTYPES.map((facts) => facts.name.toLowerCase())

/**
 * How matrices are stored: 'f16', 'q6_k' … = all of one type; 'q4_k_m' = llama.cpp's mix of that name; 'every-type' = each
 * matrix of the next type in turn, for tests. Vectors are always F32.
 */
export const QUANT_MIXES: readonly string[] = [...UNIFORM_MIXES, 'q4_k_m', 'every-type']

/** The type a mix gives to a matrix with rows of `columns` weights. `ordinal` counts the matrices of the file. */
export function matrixType(
  mix: string,
  role: LayerRole | ModelRole,
  layer: number,
  layerCount: number,
  columns: number,
  tied: boolean,
  ordinal: number
): DTypeName {
  return fitting(wantedType(mix, role, layer, layerCount, tied, ordinal), columns)
}

function wantedType(
  mix: string,
  role: LayerRole | ModelRole,
  layer: number,
  layerCount: number,
  tied: boolean,
  ordinal: number
): DTypeName {
  if (mix === 'every-type') return (DTYPES[ordinal % DTYPES.length] as (typeof DTYPES)[number]).name
  if (mix !== 'q4_k_m') return (DTYPES.find((facts) => facts.name.toLowerCase() === mix) as (typeof DTYPES)[number]).name
  if (role === 'lmHead' || (role === 'tokenEmbedding' && tied)) return 'Q6_K'
  return (role === 'v' || role === 'ffnDown') && getsMoreBits(layer, layerCount) ? 'Q6_K' : 'Q4_K'
}

/** llama.cpp's use_more_bits: the first and last eighth of the layers and every third between. */
export function getsMoreBits(layer: number, layerCount: number): boolean {
  const eighth = Math.floor(layerCount / 8)
  return layer < eighth || layer >= Math.floor((7 * layerCount) / 8) || (layer - eighth) % 3 === 2
}

/** What a converter falls back to where rows are not whole blocks. */
const FALLBACK: Readonly<Partial<Record<DTypeName, DTypeName>>> = {
  Q2_K: 'Q4_0',
  Q3_K: 'Q4_0',
  Q4_K: 'Q5_0',
  Q5_K: 'Q5_1',
  Q6_K: 'Q8_0'
}

function fitting(type: DTypeName, columns: number): DTypeName {
  let chosen = type
  while (columns % dtypeFacts(chosen).blockWeights !== 0) chosen = FALLBACK[chosen] ?? 'F16'
  return chosen
}
