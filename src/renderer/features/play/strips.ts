import type { RunColumns } from '../../store/run-columns'

/** One strip: a value per generated token over a shared horizontal axis. */
export interface StripSeries {
  readonly id: 'surprisal' | 'entropy' | 'latency'
  readonly value: (position: number) => number
}

export const stripSeries = (columns: RunColumns): readonly StripSeries[] => [
  { id: 'surprisal', value: (position) => -(columns.logProbabilities.values[position - 1] as number) / Math.LN2 },
  { id: 'entropy', value: (position) => (columns.entropies.values[position - 1] as number) / Math.LN2 },
  { id: 'latency', value: (position) => columns.stepMilliseconds.values[position - 1] as number }
]

/** Bars of a strip: when tokens outnumber pixels, a bar is the largest of its tokens, so that no peak is lost. */
export interface StripBars {
  readonly from: number
  readonly to: number
  /** Tokens a bar stands for. */
  readonly perBar: number
  readonly heights: Float32Array
  /** Value of a full bar. */
  readonly top: number
}

export function layoutStrip(series: StripSeries, from: number, to: number, width: number): StripBars {
  const tokens = Math.max(0, to - from)
  const perBar = Math.max(1, Math.ceil(tokens / Math.max(1, Math.floor(width / 3))))
  const heights = new Float32Array(Math.ceil(tokens / perBar))
  let top = 0
  for (let bar = 0; bar < heights.length; bar++) {
    let most = Number.NaN
    for (let position = from + bar * perBar; position < Math.min(to, from + (bar + 1) * perBar); position++) {
      const value = series.value(position)
      if (!(value <= most) && !Number.isNaN(value)) most = value
    }
    heights[bar] = most
    if (most > top) top = most
  }
  return { from, to, perBar, heights, top }
}

/** The token under a horizontal place; undefined outside the bars. */
export function stripHit(bars: StripBars, x: number, width: number): number | undefined {
  const bar = Math.floor((x / width) * bars.heights.length)
  if (bar < 0 || bar >= bars.heights.length) return undefined
  return Math.min(bars.to - 1, bars.from + bar * bars.perBar)
}
