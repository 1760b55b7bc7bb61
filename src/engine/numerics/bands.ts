import type { BandName, Limits } from '../../shared/protocol/numerics'

/**
 * Named bands of an NMSE, and which of them is acceptable for which pair. The names follow what llama.cpp's model
 * conversion scripts print (check-nmse.py); the limits for pairs are this product's own promises.
 */

const BANDS: readonly { readonly name: BandName; readonly below: number }[] = [
  { name: 'identical', below: 1e-6 },
  { name: 'excellent', below: 1e-4 },
  { name: 'very good', below: 1e-3 },
  { name: 'good', below: 1e-2 },
  { name: 'check', below: 0.1 }
]

export function bandOf(nmse: number, bitEqual: boolean): BandName {
  if (bitEqual) return 'bit-identical'
  return BANDS.find((band) => nmse < band.below)?.name ?? 'broken'
}

/** What two sides have in common decides how close they must be. */
export interface PairTraits {
  readonly sameWeights: boolean
  readonly sameKvType: boolean
  /** True when either side keeps its keys and values in f16. */
  readonly halfKvCache: boolean
  /** The lower of the two precisions. */
  readonly precision: 'f32' | 'bf16'
  /** Fewest bits a weight has on either side, e.g. 4 for Q4_K_M; 16 and more for float files. */
  readonly weightBits: number
}

/**
 * Same weights: the arithmetic alone differs, so the limits are the backends' promises: f32 1e-9 and bf16 1e-5 against
 * float64. An f16 KV cache rounds keys and values, and a difference in the last f32 bit can flip that rounding: 1e-6 when
 * both sides do, 1e-5 when one does. Other weights: quantisation decides; the KL anchors are the published ones of
 * Llama-3-8B (Q8_0 0.0014, Q6_K 0.0055, Q5_K_M 0.011, Q4_K_M 0.031), times four.
 */
export function limitsFor(traits: PairTraits): Limits {
  if (traits.sameWeights) {
    if (traits.precision === 'bf16')
      return { logitsNmse: 1e-5, meanKlDivergence: 1e-4, localNmse: 1e-5, why: 'same weights, bf16 operands' }
    if (!traits.sameKvType)
      return { logitsNmse: 1e-5, meanKlDivergence: 1e-5, localNmse: 1e-6, why: 'same weights, f16 against f32 KV cache' }
    if (traits.halfKvCache)
      return { logitsNmse: 1e-6, meanKlDivergence: 1e-6, localNmse: 1e-9, why: 'same weights, f16 KV cache on both sides' }
    return { logitsNmse: 1e-9, meanKlDivergence: 1e-8, localNmse: 1e-9, why: 'same weights, f32 arithmetic' }
  }
  const klDivergence =
    traits.weightBits >= 16
      ? 1e-4
      : traits.weightBits >= 8
        ? 0.0056
        : traits.weightBits >= 6
          ? 0.022
          : traits.weightBits >= 5
            ? 0.044
            : 0.125
  return { logitsNmse: 0.1, meanKlDivergence: klDivergence, localNmse: 0.1, why: `other weights, down to ${traits.weightBits} bits` }
}
