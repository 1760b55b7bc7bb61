declare const brand: unique symbol
type Branded<Name extends string> = number & { readonly [brand]: Name }

export type Milliseconds = Branded<'Milliseconds'>
export type Bytes = Branded<'Bytes'>
export type TokenId = Branded<'TokenId'>

export const milliseconds = (value: number): Milliseconds => value as Milliseconds
export const bytes = (value: number): Bytes => value as Bytes
export const tokenId = (value: number): TokenId => value as TokenId

const BINARY_STEPS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** "13.0 MiB"; three significant digits, never more than one decimal place. The same words in the app and on the command line. */
export function formatBytes(value: number): string {
  let step = 0
  let scaled = value
  while (scaled >= 1024 && step < BINARY_STEPS.length - 1) {
    scaled /= 1024
    step += 1
  }
  return `${step === 0 ? String(scaled) : scaled.toFixed(1)} ${BINARY_STEPS[step]}`
}

/** "412 ms", "1.25 s", "0.043 ms". */
export function formatMilliseconds(value: number): string {
  if (value >= 1000) return `${(value / 1000).toFixed(2)} s`
  if (value >= 100) return `${value.toFixed(0)} ms`
  if (value >= 1) return `${value.toFixed(1)} ms`
  return `${value.toFixed(3)} ms`
}

/**
 * A statistic or logit as both the app and the command line print it: six significant digits, with an exponent outside
 * 1e-4 .. 1e6; "NaN", "+Inf", "-Inf". Always with a decimal point, whatever the language.
 */
export function formatStatistic(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(5)
  return String(Number(value.toPrecision(6)))
}
