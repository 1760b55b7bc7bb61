import { TIMED_BLOCKS } from '../../../shared/model/trace-points'

/** Where the times of a run are read from; RunColumns is one. Times in milliseconds, NaN where nothing was measured. */
export interface TimeSource {
  readonly layerCount: number
  readonly promptCount: number
  readonly rowEnd: number
  readonly hasBlockTimes: boolean
  readonly stepMilliseconds: { readonly values: ArrayLike<number> }
  readonly endMilliseconds: { readonly values: ArrayLike<number> }
  blockTime(position: number, layer: number, block: number): number
}

export const PHASES = ['generated', 'prompt'] as const
export type Phase = (typeof PHASES)[number]

/** Positions of a phase that were measured. The pass over the last prompt token makes the first new one: it counts as generated. */
export function measuredPositions(source: TimeSource, phase: Phase): readonly number[] {
  const firstGenerated = Math.max(0, source.promptCount - 1)
  const found: number[] = []
  for (let position = 0; position < source.rowEnd; position++) {
    if (position >= firstGenerated !== (phase === 'generated')) continue
    if (Number.isFinite(source.stepMilliseconds.values[position])) found.push(position)
  }
  return found
}

/** Sum of a block over all layers at a position. */
export function blockTotal(source: TimeSource, position: number, block: number): number {
  let sum = 0
  for (let layer = 0; layer <= source.layerCount; layer++) {
    const time = source.blockTime(position, layer, block)
    if (Number.isFinite(time)) sum += time
  }
  return sum
}

export interface Distribution {
  readonly count: number
  readonly mean: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** Nearest-rank percentiles; all NaN for an empty list. */
export function distributionOf(values: readonly number[]): Distribution {
  const sorted = Float64Array.from(values).sort()
  const at = (q: number) => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN
  return {
    count: sorted.length,
    mean: sorted.length === 0 ? Number.NaN : sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99)
  }
}

export interface BlockRow {
  readonly block: string
  readonly time: Distribution
  /** Of the mean step time. */
  readonly share: number
}

export interface ProfileSummary {
  readonly positions: readonly number[]
  readonly step: Distribution
  readonly blocks: readonly BlockRow[]
  /** Mean step time that no block accounts for (negative: timers overlap). */
  readonly unaccounted: number
}

/** Mean, percentiles and shares of every block over the positions. */
export function summarise(source: TimeSource, positions: readonly number[]): ProfileSummary {
  const step = distributionOf(positions.map((position) => source.stepMilliseconds.values[position] as number))
  const blocks = source.hasBlockTimes
    ? TIMED_BLOCKS.map((block, index) => {
        const time = distributionOf(positions.map((position) => blockTotal(source, position, index)))
        return { block, time, share: time.mean / step.mean }
      })
    : []
  const unaccounted = blocks.length === 0 ? Number.NaN : step.mean - blocks.reduce((sum, row) => sum + row.time.mean, 0)
  return { positions, step, blocks, unaccounted }
}

/** One bar of a stacked chart: milliseconds a block. */
export type StackedBar = { readonly x: number } & Readonly<Record<string, number>>

/** Mean times over runs of neighbouring positions, so that any number of tokens fits `bars` bars. */
export function barsOverTokens(source: TimeSource, positions: readonly number[], bars: number): readonly StackedBar[] {
  const perBar = Math.max(1, Math.ceil(positions.length / bars))
  const found: StackedBar[] = []
  for (let start = 0; start < positions.length; start += perBar) {
    const group = positions.slice(start, start + perBar)
    const bar: Record<string, number> & { x: number } = { x: group[0] as number }
    TIMED_BLOCKS.forEach((block, index) => {
      bar[block] = group.reduce((sum, position) => sum + blockTotal(source, position, index), 0) / group.length
    })
    const step = group.reduce((sum, position) => sum + (source.stepMilliseconds.values[position] as number), 0) / group.length
    bar['unaccounted'] = Math.max(0, step - TIMED_BLOCKS.reduce((sum, block) => sum + (bar[block] as number), 0))
    found.push(bar)
  }
  return found
}

/** Mean times of every layer; the last bar (x = layerCount) is what lies outside the layers. */
export function barsOverLayers(source: TimeSource, positions: readonly number[]): readonly StackedBar[] {
  return Array.from({ length: source.layerCount + 1 }, (_, layer) => {
    const bar: Record<string, number> & { x: number } = { x: layer }
    TIMED_BLOCKS.forEach((block, index) => {
      let sum = 0
      for (const position of positions) sum += source.blockTime(position, layer, index)
      bar[block] = positions.length === 0 ? 0 : sum / positions.length
    })
    return bar
  })
}
