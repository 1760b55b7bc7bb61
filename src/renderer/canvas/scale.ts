import type { Domain } from '../statistics'

export const SCALE_KINDS = ['linear', 'log', 'symmetric'] as const
export type ScaleKind = (typeof SCALE_KINDS)[number]

/**
 * Maps values to 0..1 for colours and axes. `symmetric` is a signed logarithm about zero: asinh(value / threshold), with
 * the threshold at 1/20 of the larger end, so that zero is exactly 0.5.
 */
export interface Scale {
  readonly kind: ScaleKind
  readonly domain: Domain
  /** 0..1 inside the domain; below 0 or above 1 outside. NaN never comes out: values that a log cannot take give -Infinity. */
  position(value: number): number
  /** The inverse of position(). */
  value(position: number): number
  ticks(count: number): readonly number[]
}

/** A scale over `domain`, widened where it is empty or unfit for the kind. */
export function makeScale(kind: ScaleKind, domain: Domain): Scale {
  if (kind === 'log') return logScale(domain)
  return kind === 'symmetric' ? symmetricScale(domain) : linearScale(domain)
}

function linearScale(domain: Domain): Scale {
  const low = domain.low
  const high = domain.high > low ? domain.high : low + (Math.abs(low) || 1) * 1e-3
  const span = high - low
  return {
    kind: 'linear',
    domain: { low, high },
    position: (value) => (value - low) / span,
    value: (position) => low + position * span,
    ticks: (count) => niceTicks(low, high, count)
  }
}

function logScale(domain: Domain): Scale {
  const high = domain.high > 0 ? domain.high : 1
  const low = domain.low > 0 && domain.low < high ? domain.low : high / 1000
  const logLow = Math.log(low)
  const span = Math.log(high) - logLow
  return {
    kind: 'log',
    domain: { low, high },
    position: (value) => (value > 0 ? (Math.log(value) - logLow) / span : -Infinity),
    value: (position) => Math.exp(logLow + position * span),
    ticks: (count) => powerTicks(low, high, count)
  }
}

function symmetricScale(domain: Domain): Scale {
  const edge = Math.max(Math.abs(domain.low), Math.abs(domain.high)) || 1
  const threshold = edge / 20
  const top = Math.asinh(edge / threshold)
  return {
    kind: 'symmetric',
    domain: { low: -edge, high: edge },
    position: (value) => 0.5 + (0.5 * Math.asinh(value / threshold)) / top,
    value: (position) => threshold * Math.sinh((position - 0.5) * 2 * top),
    ticks: (count) => {
      const positive = powerTicks(threshold, edge, Math.max(1, Math.floor(count / 2)))
      // Zero first: where labels have no room, it is the one that stays.
      return [0, ...positive.map((tick) => -tick).toReversed(), ...positive]
    }
  }
}

/** Round numbers (1, 2, 5 x 10^n) inside [low, high], at most about `count`. */
export function niceTicks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / Math.max(1, count)
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power
  const ticks: number[] = []
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index++)
    ticks.push(Number((index * step).toPrecision(12)))
  return ticks
}

/** Powers of ten inside [low, high], thinned to about `count`; round numbers when the interval holds less than two powers. */
function powerTicks(low: number, high: number, count: number): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9)
  const last = Math.floor(Math.log10(high) + 1e-9)
  if (last - first < 1) return niceTicks(low, high, count).filter((tick) => tick > 0)
  const step = Math.max(1, Math.ceil((last - first + 1) / Math.max(1, count)))
  const ticks: number[] = []
  for (let exponent = first; exponent <= last; exponent += step) ticks.push(Number(`1e${exponent}`))
  return ticks
}

/** The palette step of a value, clipped to the ends. */
export function paletteStep(scale: Scale, value: number, steps: number): number {
  const at = scale.position(value)
  if (!(at > 0)) return 0
  return at >= 1 ? steps - 1 : Math.floor(at * steps)
}
