import type { StepBatch } from '../../engine/session'
import { TIMED_BLOCKS, TRACE_STATS_WORDS, tracePointAt, tracePointCount } from '../../shared/model/trace-points'
import { formatStatistic } from '../../shared/units'

export interface PointSummary {
  readonly layer: number
  readonly point: string
  min: number
  max: number
  mean: number
  rms: number
  absmax: number
  nan: number
  infinite: number
  zero: number
}

/** Statistics of every trace point and times of every block over all positions of a run. */
export class TraceSummary {
  readonly points: PointSummary[]
  readonly blockMilliseconds = new Map<string, number>(TIMED_BLOCKS.map((block) => [block, 0]))
  private readonly rowsOfPoint: number[]

  constructor(private readonly layers: number) {
    this.points = Array.from({ length: tracePointCount(layers) }, (_, index) => ({
      ...tracePointAt(index, layers),
      min: Number.POSITIVE_INFINITY,
      max: Number.NEGATIVE_INFINITY,
      mean: 0,
      rms: 0,
      absmax: 0,
      nan: 0,
      infinite: 0,
      zero: 0
    }))
    this.rowsOfPoint = this.points.map(() => 0)
  }

  add(batch: StepBatch): void {
    const { stats, blockMilliseconds } = batch
    if (stats !== undefined) {
      const floats = new Float32Array(stats.buffer, stats.byteOffset, stats.byteLength / 4)
      const words = new Uint32Array(stats.buffer, stats.byteOffset, stats.byteLength / 4)
      for (let row = 0; row < batch.count; row += 1) {
        // Prompt positions have no logits: their column is zero and says nothing.
        const used = this.points.length - (batch.phase === 'prompt' && Number.isNaN(batch.logSumExps[row]) ? 1 : 0)
        for (let index = 0; index < used; index += 1)
          this.addPoint(index, floats, words, (row * this.points.length + index) * TRACE_STATS_WORDS)
      }
    }
    blockMilliseconds?.forEach((value, index) => {
      const block = TIMED_BLOCKS[index % TIMED_BLOCKS.length] as string
      this.blockMilliseconds.set(block, (this.blockMilliseconds.get(block) ?? 0) + value)
    })
  }

  private addPoint(index: number, floats: Float32Array, words: Uint32Array, at: number): void {
    const point = this.points[index] as PointSummary
    const count = (this.rowsOfPoint[index] ?? 0) + 1
    this.rowsOfPoint[index] = count
    point.min = Math.min(point.min, floats[at] as number)
    point.max = Math.max(point.max, floats[at + 1] as number)
    point.mean += ((floats[at + 2] as number) - point.mean) / count
    // Running mean of squares: rms of rows of one width is the rms of all their values.
    point.rms = Math.sqrt(point.rms ** 2 + ((floats[at + 3] as number) ** 2 - point.rms ** 2) / count)
    point.absmax = Math.max(point.absmax, floats[at + 4] as number)
    point.nan += words[at + 5] as number
    point.infinite += (words[at + 6] as number) + (words[at + 7] as number)
    point.zero += words[at + 8] as number
  }

  text(): string {
    const number = (value: number): string => formatStatistic(value).padStart(13)
    const rows = this.points.map((point) => {
      const place = point.layer < 0 || point.layer >= this.layers ? '' : String(point.layer)
      const counts = [point.nan, point.infinite, point.zero].map((count) => String(count).padStart(8)).join('')
      return `${place.padStart(5)} ${point.point.padEnd(14)}${[point.min, point.max, point.mean, point.rms, point.absmax].map(number).join('')}${counts}`
    })
    const total = [...this.blockMilliseconds.values()].reduce((sum, value) => sum + value, 0)
    const times = [...this.blockMilliseconds].map(
      ([block, value]) =>
        `  ${block.padEnd(12)}${value.toFixed(2).padStart(12)} ms ${((100 * value) / (total || 1)).toFixed(1).padStart(6)} %`
    )
    return `Statistics over all evaluated positions:\nlayer ${'point'.padEnd(14)}${['min', 'max', 'mean', 'rms', 'absmax'].map((name) => name.padStart(13)).join('')}${['NaN', 'Inf', 'zero'].map((name) => name.padStart(8)).join('')}\n${rows.join('\n')}\n\nTime by block:\n${times.join('\n')}\n\n`
  }
}
