import type { TraceField } from '../../shared/model/trace-points'
import { TRACE_STATS_WORDS, tracePointCount } from '../../shared/model/trace-points'
import type { AlertKind } from './alerts'
import { ALERT_KINDS, AlertBook } from './alerts'
import { ColumnBlocks } from './column-blocks'
import { fieldWord, isCountField, TRACE_FIELDS } from './fields'
import { SeverityPyramid, ValuePyramid } from './pyramid'
import { SEVERITY, severityOf } from './severity'

/** Levels above the base: 4^6 = 4,096 positions a column at the top. */
export const PYRAMID_LEVELS = 6

/** Writes remembered one by one for dirtySince(); older consumers repaint everything. */
const WRITE_LOG_LENGTH = 4096

type Plane = ColumnBlocks<Float32Array> | ColumnBlocks<Uint32Array>

const COUNT_WORDS: readonly { readonly kind: AlertKind; readonly word: number }[] = ALERT_KINDS.map((kind) => ({
  kind,
  word: fieldWord(kind === 'nan' ? 'nan' : kind)
}))

/**
 * The statistics of every trace point of every position of one run, one growable plane a statistic. Writing a token costs
 * O(rows); nothing that was written is copied again. Memory: 4 bytes a cell for each of the five float statistics, 1 byte of
 * severity, and count planes only where a count was ever non-zero.
 */
export class TraceStatistics {
  readonly layerCount: number
  /** Trace points a position. */
  readonly rows: number
  readonly alerts = new AlertBook()
  private positionEnd = 0
  private captures = 0
  private writes = 0
  private readonly writeLog = new Float64Array(WRITE_LOG_LENGTH)
  private readonly planes: readonly Plane[]
  private readonly severities: ColumnBlocks<Uint8Array>
  private readonly severityPyramid: SeverityPyramid
  private readonly valuePyramids = new Map<TraceField, ValuePyramid>()

  constructor(layerCount: number) {
    this.layerCount = layerCount
    this.rows = tracePointCount(layerCount)
    this.planes = TRACE_FIELDS.map((field) =>
      isCountField(field)
        ? new ColumnBlocks(this.rows, (length) => new Uint32Array(length))
        : new ColumnBlocks(this.rows, (length) => new Float32Array(length))
    )
    this.severities = new ColumnBlocks(this.rows, (length) => new Uint8Array(length))
    this.severityPyramid = new SeverityPyramid(this.rows, PYRAMID_LEVELS)
  }

  /** One past the last position written. Positions below it may still be "not captured". */
  get end(): number {
    return this.positionEnd
  }

  /** Grows with every change; with dirtySince() it tells a painter what to repaint. */
  get revision(): number {
    return this.writes
  }

  /** The least position changed after `revision`; Infinity when nothing changed. */
  dirtySince(revision: number): number {
    if (revision >= this.writes) return Infinity
    if (this.writes - revision > WRITE_LOG_LENGTH) return 0
    let least = Infinity
    for (let write = revision; write < this.writes; write++) least = Math.min(least, this.writeLog[write % WRITE_LOG_LENGTH] as number)
    return least
  }

  /**
   * Stores one token: `words` is rows x 10 words as the engine sent them (TraceStats), read from word `start`. A position
   * that was already there is replaced together with all after it: the engine rewound.
   */
  write(position: number, words: Uint32Array, start = 0): void {
    if (words.length - start < this.rows * TRACE_STATS_WORDS) {
      throw new RangeError(
        `A statistics row of ${this.layerCount} layers has ${this.rows * TRACE_STATS_WORDS} words; ${words.length - start} came.`
      )
    }
    if (position < this.positionEnd) this.truncate(position)
    const floats = new Float32Array(words.buffer, words.byteOffset, words.length)
    const severity = this.severities.writable(position)
    const at = this.severities.offset(position)
    for (let word = 0; word < TRACE_FIELDS.length; word++) {
      if (word < 5) this.writeFloats(word, position, floats, start)
      else this.writeCounts(word, position, words, start)
    }
    this.markSeverity(position, words, start, severity, at)
    this.severityPyramid.add(position, severity, at)
    for (const [field, pyramid] of this.valuePyramids) this.addToPyramid(field, pyramid, position)
    this.positionEnd = position + 1
    this.log(position)
  }

  /** Forgets `position` and all after it. */
  truncate(position: number): void {
    if (position >= this.positionEnd) return
    for (let p = position; p < this.positionEnd; p++) {
      for (let row = 0; row < this.rows; row++) if (this.severities.get(p, row) !== SEVERITY.notCaptured) this.captures -= 1
    }
    for (const plane of this.planes) plane.truncate(position)
    this.severities.truncate(position)
    this.positionEnd = position
    this.severityPyramid.truncate(position, (first) => {
      for (let p = first; p < position; p++) {
        const block = this.severities.block(p)
        if (block !== undefined) this.severityPyramid.add(p, block, this.severities.offset(p))
      }
    })
    for (const [field, pyramid] of this.valuePyramids) {
      pyramid.truncate(position, (first) => {
        for (let p = first; p < position; p++) this.addToPyramid(field, pyramid, p)
      })
    }
    this.recountAlerts()
    this.log(position)
  }

  value(field: TraceField, position: number, traceIndex: number): number {
    return (this.planes[fieldWord(field)] as Plane).get(position, traceIndex)
  }

  severity(position: number, traceIndex: number): number {
    return position < this.positionEnd ? this.severities.get(position, traceIndex) : SEVERITY.notCaptured
  }

  captured(position: number): boolean {
    return this.severity(position, 0) !== SEVERITY.notCaptured
  }

  /** Tensor rows (cells) with statistics. */
  get capturedRows(): number {
    return this.captures
  }

  /** Base planes, for painters that read runs of cells. */
  plane(field: TraceField): Plane {
    return this.planes[fieldWord(field)] as Plane
  }
  severityPlane(level: number): ColumnBlocks<Uint8Array> {
    return level === 0 ? this.severities : this.severityPyramid.level(level)
  }

  /** Extremes of groups of positions; built on first use, then kept up to date. */
  valuePyramid(field: TraceField): ValuePyramid {
    let pyramid = this.valuePyramids.get(field)
    if (pyramid === undefined) {
      pyramid = new ValuePyramid(this.rows, PYRAMID_LEVELS)
      for (let position = 0; position < this.positionEnd; position++) this.addToPyramid(field, pyramid, position)
      this.valuePyramids.set(field, pyramid)
    }
    return pyramid
  }

  get sizeBytes(): number {
    let sum = this.severities.sizeBytes + this.severityPyramid.sizeBytes
    for (const plane of this.planes) sum += plane.sizeBytes
    for (const pyramid of this.valuePyramids.values()) sum += pyramid.sizeBytes
    return sum
  }

  private writeFloats(word: number, position: number, floats: Float32Array, start: number): void {
    const plane = this.planes[word] as ColumnBlocks<Float32Array>
    const block = plane.writable(position)
    const at = plane.offset(position)
    for (let row = 0, from = start + word; row < this.rows; row++, from += TRACE_STATS_WORDS) block[at + row] = floats[from] as number
  }

  private writeCounts(word: number, position: number, words: Uint32Array, start: number): void {
    const plane = this.planes[word] as ColumnBlocks<Uint32Array>
    let block = plane.block(position)
    const at = plane.offset(position)
    for (let row = 0, from = start + word; row < this.rows; row++, from += TRACE_STATS_WORDS) {
      const count = words[from] as number
      if (count === 0) continue
      block ??= plane.writable(position)
      block[at + row] = count
    }
  }

  private markSeverity(position: number, words: Uint32Array, start: number, severity: Uint8Array, at: number): void {
    for (let row = 0, from = start; row < this.rows; row++, from += TRACE_STATS_WORDS) {
      const nan = words[from + 5] as number
      const positive = words[from + 6] as number
      const negative = words[from + 7] as number
      const saturated = words[from + 9] as number
      if ((nan | positive | negative | saturated) === 0) {
        // The engine leaves a row of zero bits where nothing was computed (the logits of a prompt token that has none).
        const blank = this.isBlank(words, from)
        severity[at + row] = blank ? SEVERITY.notCaptured : SEVERITY.finite
        if (!blank) this.captures += 1
        continue
      }
      this.captures += 1
      severity[at + row] = severityOf(nan, positive, negative, saturated)
      for (const { kind, word } of COUNT_WORDS) {
        const elements = words[from + word] as number
        if (elements > 0) this.alerts.record(kind, position, row, elements)
      }
    }
  }

  /** All ten words zero: a real tensor of zeros has a non-zero `zero` count. */
  private isBlank(words: Uint32Array, from: number): boolean {
    for (let word = 0; word < TRACE_STATS_WORDS; word++) if (words[from + word] !== 0) return false
    return true
  }

  private addToPyramid(field: TraceField, pyramid: ValuePyramid, position: number): void {
    const captured = this.severities.block(position)
    if (captured === undefined) return
    const plane = this.plane(field)
    const block = plane.block(position) ?? new Float32Array(this.rows)
    const offset = plane.block(position) === undefined ? 0 : plane.offset(position)
    pyramid.add(position, block, offset, captured, this.severities.offset(position))
  }

  private recountAlerts(): void {
    const had = this.alerts.list()
    this.alerts.clear()
    for (const { kind, traceIndex, firstPosition } of had) {
      for (let position = firstPosition; position < this.positionEnd; position++) {
        const elements = this.value(kind, position, traceIndex)
        if (elements > 0) this.alerts.record(kind, position, traceIndex, elements)
      }
    }
  }

  private log(position: number): void {
    this.writeLog[this.writes % WRITE_LOG_LENGTH] = position
    this.writes += 1
  }
}
