import { GretaError } from '../../../shared/errors'
import type { RopeScaling } from '../../../shared/model/description'
import { assertNever } from '../../../shared/result'
import type { RopeScalingRecipe } from './hyper-parameters'

export interface RopeFrequencies {
  readonly scaling: RopeScaling
  /** dims/2 values; the angle of pair i at position p is p * inverse[i]. */
  readonly inverse: Float64Array
  /** Multiplies sin and cos. */
  readonly magnitude: number
}

/** base^(-2i/dims) for i in [0, dims/2): arXiv:2104.09864, equation 15. */
function unscaledInverseFrequencies(base: number, dims: number): Float64Array {
  return Float64Array.from({ length: dims / 2 }, (_, pair) => base ** ((-2 * pair) / dims))
}

/** Inverse frequencies with the model's context extension already in them. `where` names the file in errors. */
export function ropeFrequencies(where: string, base: number, dims: number, recipe: RopeScalingRecipe): RopeFrequencies {
  const plain = unscaledInverseFrequencies(base, dims)
  switch (recipe.kind) {
    case 'none':
      return { scaling: { kind: 'none', factor: 1 }, inverse: plain, magnitude: 1 }
    case 'linear':
      return {
        scaling: { kind: 'linear', factor: recipe.factor },
        inverse: plain.map((frequency) => frequency / recipe.factor),
        magnitude: 1
      }
    case 'llama3':
      return {
        scaling: { kind: 'llama3', factor: recipe.factor },
        inverse: plain.map((frequency) => llama3Frequency(frequency, recipe)),
        magnitude: 1
      }
    case 'yarn':
      return yarnFrequencies(plain, base, dims, recipe)
    case 'divisors':
      return dividedFrequencies(where, plain, recipe.divisors)
    default:
      return assertNever(recipe, 'rotary scaling')
  }
}

/**
 * Llama 3.1's scaling: wavelengths above original/low are stretched by `factor`, those below original/high stay, those
 * between are blended. Source: Meta's llama-models, apply_scaling().
 */
function llama3Frequency(frequency: number, recipe: Extract<RopeScalingRecipe, { kind: 'llama3' }>): number {
  const wavelength = (2 * Math.PI) / frequency
  if (wavelength < recipe.originalContextLength / recipe.highFrequencyFactor) return frequency
  if (wavelength > recipe.originalContextLength / recipe.lowFrequencyFactor) return frequency / recipe.factor
  const smooth =
    (recipe.originalContextLength / wavelength - recipe.lowFrequencyFactor) / (recipe.highFrequencyFactor - recipe.lowFrequencyFactor)
  return ((1 - smooth) * frequency) / recipe.factor + smooth * frequency
}

/**
 * YaRN, arXiv:2309.00071: pairs that turn more than betaFast times in the original context keep their frequency, those
 * that turn less than betaSlow times are interpolated, with a linear ramp over pair numbers between.
 */
function yarnFrequencies(
  plain: Float64Array,
  base: number,
  dims: number,
  recipe: Extract<RopeScalingRecipe, { kind: 'yarn' }>
): RopeFrequencies {
  const pairThatTurns = (times: number): number =>
    (dims * Math.log(recipe.originalContextLength / (times * 2 * Math.PI))) / (2 * Math.log(base))
  const low = Math.max(Math.floor(pairThatTurns(recipe.betaFast)), 0)
  const high = Math.min(Math.ceil(pairThatTurns(recipe.betaSlow)), dims - 1)
  const inverse = plain.map((frequency, pair) => {
    const ramp = Math.min(Math.max((pair - low) / Math.max(high - low, 0.001), 0), 1)
    return (frequency / recipe.factor) * ramp + frequency * (1 - ramp)
  })
  const magnitude = recipe.attentionFactor ?? (recipe.factor > 1 ? 0.1 * Math.log(recipe.factor) + 1 : 1)
  return { scaling: { kind: 'yarn', factor: recipe.factor }, inverse, magnitude }
}

function dividedFrequencies(where: string, plain: Float64Array, divisors: ArrayLike<number>): RopeFrequencies {
  if (divisors.length !== plain.length) {
    throw new GretaError(
      'format',
      `${where}: rope_freqs.weight has ${divisors.length} values; expected ${plain.length}, half of the rotary dimensions.`
    )
  }
  let greatest = 1
  const inverse = plain.map((frequency, pair) => {
    const divisor = divisors[pair] as number
    if (!(divisor > 0) || !Number.isFinite(divisor)) {
      throw new GretaError('format', `${where}: value ${pair} of rope_freqs.weight is ${divisor}; expected a positive number.`)
    }
    greatest = Math.max(greatest, divisor)
    return frequency / divisor
  })
  return { scaling: { kind: 'llama3', factor: greatest }, inverse, magnitude: 1 }
}
