import { TIMED_BLOCKS, TRACE_STATS_WORDS } from '../../shared/model/trace-points'
import type { RunDetail, RunRow, TokenFrame } from '../../shared/protocol'
import { TraceStatistics } from '../statistics'
import { bytes, doubles, floats, integers } from './growing-column'

/** What is known of a position: nothing, its statistics (prompt), or the distribution it produced as well. */
export const ROW = { none: 0, prompt: 1, generated: 2 } as const

/**
 * The arrays of one run, outside React. Row p is the forward pass over the token at position p: it predicts position p + 1.
 * Columns are read in place (`columns.entropies.values[p]`), never copied; an unwritten element is NaN, -1 or 0.
 */
export class RunColumns {
  detail: RunDetail
  /** Token at a position; the prompt's are known from the start. */
  readonly ids = integers()
  /** Text that became certain with the token at a position; '' while a character is incomplete. */
  readonly texts: string[] = []
  /** ROW of every position. */
  readonly rows = bytes()
  readonly ranks = integers()
  readonly logitNanCounts = integers(0)
  readonly chosenLogits = floats()
  readonly logProbabilities = floats()
  readonly samplerLogProbabilities = floats()
  readonly logSumExps = floats()
  readonly entropies = floats()
  readonly margins = floats()
  readonly stepMilliseconds = floats()
  readonly endMilliseconds = doubles()
  /** Row stride: candidatesPerStep. */
  readonly candidateIds = integers()
  readonly candidateLogits = floats()
  /** Row stride: blockStride; a row is (layers + 1) × TIMED_BLOCKS, the last for what lies outside the layers. */
  readonly blockMilliseconds = floats()
  /** Created with the first statistics; undefined while none were captured. */
  statistics: TraceStatistics | undefined
  candidatesPerStep = 0
  readonly blockStride: number
  hasBlockTimes = false
  /** Tokens known: prompt and generated. */
  tokenCount: number
  /** Rows [0, rowEnd) may hold something. */
  rowEnd = 0
  /** Grows with every change. */
  revision = 0
  /** Rows came from the file of a kept run, not from an engine at work. */
  recorded = false
  /** Frames that the sequence numbers say were lost. */
  lostFrames = 0
  private nextSequence = 0
  private readonly decoder = new TextDecoder()

  constructor(detail: RunDetail) {
    this.detail = detail
    this.blockStride = (detail.layerCount + 1) * TIMED_BLOCKS.length
    this.tokenCount = detail.promptIds.length
    this.ids.ensure(this.tokenCount).set(detail.promptIds)
    for (let position = 0; position < this.tokenCount; position++) this.texts.push('')
  }

  get promptCount(): number {
    return this.detail.promptIds.length
  }

  get layerCount(): number {
    return this.detail.layerCount
  }

  get generatedCount(): number {
    return this.tokenCount - this.promptCount
  }

  /** Milliseconds of one timed block of one layer (`layerCount` = outside the layers) at a position; NaN when not timed. */
  blockTime(position: number, layer: number, block: number): number {
    return this.blockMilliseconds.values[position * this.blockStride + layer * TIMED_BLOCKS.length + block] ?? Number.NaN
  }

  /** The run is continued, or its name, tags or summary changed. */
  setDetail(detail: RunDetail): void {
    if (detail.handle !== this.detail.handle) this.nextSequence = 0
    this.detail = detail
    this.revision += 1
  }

  setRow(row: RunRow): void {
    this.setDetail({ ...this.detail, row })
  }

  write(frame: TokenFrame): void {
    if (frame.sequence > this.nextSequence) this.lostFrames += frame.sequence - this.nextSequence
    this.nextSequence = frame.sequence + 1
    this.recorded = frame.recorded
    if (frame.count === 0) return
    const last = frame.positions[frame.count - 1] as number
    this.grow(last + 2)
    if (this.candidatesPerStep === 0) this.candidatesPerStep = frame.candidatesPerStep
    const stride = this.candidatesPerStep
    this.candidateIds.ensure((last + 1) * stride)
    this.candidateLogits.ensure((last + 1) * stride)
    const timed = frame.blockMilliseconds.length > 0 && frame.layerCount === this.layerCount
    if (timed) {
      this.blockMilliseconds.ensure((last + 1) * this.blockStride)
      this.hasBlockTimes = true
    }
    for (let row = 0; row < frame.count; row++) this.writeRow(frame, row, timed)
    this.revision += 1
  }

  /** Forgets tokens from `count` on: a stop string took them back. */
  truncate(count: number): void {
    if (count >= this.tokenCount) return
    this.tokenCount = count
    this.texts.length = count
    this.ids.clearFrom(count)
    this.rowEnd = Math.min(this.rowEnd, Math.max(0, count - 1))
    this.rows.clearFrom(this.rowEnd)
    this.revision += 1
  }

  private writeRow(frame: TokenFrame, row: number, timed: boolean): void {
    const position = frame.positions[row] as number
    const generated = frame.phase === 'generated'
    const { values: rows } = this.rows
    if (generated || rows[position] !== ROW.generated) {
      rows[position] = generated ? ROW.generated : ROW.prompt
      this.ranks.values[position] = frame.ranks[row] as number
      this.logitNanCounts.values[position] = frame.logitNanCounts[row] as number
      this.chosenLogits.values[position] = frame.chosenLogits[row] as number
      this.logProbabilities.values[position] = frame.logProbabilities[row] as number
      this.samplerLogProbabilities.values[position] = frame.samplerLogProbabilities[row] as number
      this.logSumExps.values[position] = frame.logSumExps[row] as number
      this.entropies.values[position] = frame.entropies[row] as number
      this.margins.values[position] = frame.margins[row] as number
      this.stepMilliseconds.values[position] = frame.stepMilliseconds[row] as number
      this.endMilliseconds.values[position] = frame.endMilliseconds[row] as number
      this.writeCandidates(frame, row, position)
    }
    this.ids.values[position] = frame.inputIds[row] as number
    if (generated) this.writeToken(frame, row, position + 1)
    if (timed) {
      const from = row * this.blockStride
      this.blockMilliseconds.values.set(frame.blockMilliseconds.subarray(from, from + this.blockStride), position * this.blockStride)
    }
    if (frame.pointCount > 0) {
      this.statistics ??= new TraceStatistics(frame.layerCount)
      this.statistics.write(position, frame.statsCounts, row * frame.pointCount * TRACE_STATS_WORDS)
    }
    this.rowEnd = Math.max(this.rowEnd, position + 1)
  }

  private writeToken(frame: TokenFrame, row: number, at: number): void {
    const id = frame.ids[row] as number
    if (id < 0) return
    this.ids.values[at] = id
    const start = row === 0 ? 0 : (frame.textEnds[row - 1] as number)
    this.texts[at] = this.decoder.decode(frame.text.subarray(start, frame.textEnds[row] as number))
    this.tokenCount = Math.max(this.tokenCount, at + 1)
  }

  private writeCandidates(frame: TokenFrame, row: number, position: number): void {
    const kept = Math.min(this.candidatesPerStep, frame.candidatesPerStep)
    const from = row * frame.candidatesPerStep
    const to = position * this.candidatesPerStep
    for (let index = 0; index < kept; index++) {
      this.candidateIds.values[to + index] = frame.candidateIds[from + index] as number
      this.candidateLogits.values[to + index] = frame.candidateLogits[from + index] as number
    }
  }

  private grow(length: number): void {
    for (const column of [
      this.ids,
      this.rows,
      this.ranks,
      this.logitNanCounts,
      this.chosenLogits,
      this.logProbabilities,
      this.samplerLogProbabilities,
      this.logSumExps,
      this.entropies,
      this.margins,
      this.stepMilliseconds,
      this.endMilliseconds
    ])
      column.ensure(length)
    while (this.texts.length < length - 1) this.texts.push('')
  }
}
