import type { TraceField } from '../../shared/model/trace-points'
import { relativeDifference } from '../../shared/model/relative-difference'
import type { StatisticsSource } from './cell-matrix'
import { ColumnBlocks } from './column-blocks'
import { SeverityPyramid, ValuePyramid } from './pyramid'
import { SEVERITY } from './severity'
import { PYRAMID_LEVELS, type TraceStatistics } from './trace-statistics'

/** Where two runs first are not the same. */
export interface DifferenceCell {
  readonly position: number
  readonly traceIndex: number
  readonly difference: number
}

/**
 * The relative difference of one statistic of two runs, cell by cell, for the positions that both have. A cell is captured
 * where it is in both; its severity is the worse of the two. Follows both runs while they grow; call update() first.
 */
export class DifferenceStatistics implements StatisticsSource {
  readonly layerCount: number
  readonly rows: number
  readonly field: TraceField
  private readonly a: TraceStatistics
  private readonly b: TraceStatistics
  private readonly differences: ColumnBlocks<Float32Array>
  private readonly severities: ColumnBlocks<Uint8Array>
  private readonly severityPyramid: SeverityPyramid
  private readonly pyramid: ValuePyramid
  /** Cells that both runs have, up to and including each position. */
  private readonly sharedCells: number[] = []
  private positionEnd = 0
  private seenA = 0
  private seenB = 0
  private changes = 0
  private lastDirty = 0
  private firstCell: DifferenceCell | undefined
  private largestCell: DifferenceCell | undefined

  constructor(a: TraceStatistics, b: TraceStatistics, field: TraceField) {
    if (a.layerCount !== b.layerCount) throw new RangeError(`Runs of ${a.layerCount} and ${b.layerCount} layers have no cells in common.`)
    this.a = a
    this.b = b
    this.field = field
    this.layerCount = a.layerCount
    this.rows = a.rows
    this.differences = new ColumnBlocks(this.rows, (length) => new Float32Array(length))
    this.severities = new ColumnBlocks(this.rows, (length) => new Uint8Array(length))
    this.severityPyramid = new SeverityPyramid(this.rows, PYRAMID_LEVELS)
    this.pyramid = new ValuePyramid(this.rows, PYRAMID_LEVELS)
  }

  get end(): number {
    return this.positionEnd
  }
  get revision(): number {
    return this.changes
  }
  /** Earliest cell (by token, then execution order) that differs at all; undefined while all captured cells are equal. */
  get first(): DifferenceCell | undefined {
    return this.firstCell
  }
  get largest(): DifferenceCell | undefined {
    return this.largestCell
  }

  /** Cells compared at positions below `position`: what "no difference" rests on. */
  cellsBefore(position: number): number {
    return position <= 0 ? 0 : (this.sharedCells[Math.min(position, this.positionEnd) - 1] ?? 0)
  }

  dirtySince(revision: number): number {
    if (revision >= this.changes) return Infinity
    return revision === this.changes - 1 ? this.lastDirty : 0
  }

  /** Takes in what either run got since the last call. O(new cells). */
  update(): void {
    const dirty = Math.min(this.a.dirtySince(this.seenA), this.b.dirtySince(this.seenB))
    this.seenA = this.a.revision
    this.seenB = this.b.revision
    const from = Math.min(dirty, this.positionEnd)
    const end = Math.min(this.a.end, this.b.end)
    if (from >= end && end === this.positionEnd) return
    if (from < this.positionEnd) this.truncate(from)
    for (let position = this.positionEnd; position < end; position++) this.compare(position)
    this.positionEnd = end
    this.lastDirty = from
    this.changes += 1
  }

  value(_field: TraceField, position: number, traceIndex: number): number {
    return this.differences.get(position, traceIndex)
  }
  severity(position: number, traceIndex: number): number {
    return position < this.positionEnd ? this.severities.get(position, traceIndex) : SEVERITY.notCaptured
  }
  plane(): ColumnBlocks<Float32Array> {
    return this.differences
  }
  severityPlane(level: number): ColumnBlocks<Uint8Array> {
    return level === 0 ? this.severities : this.severityPyramid.level(level)
  }
  valuePyramid(): ValuePyramid {
    return this.pyramid
  }

  private compare(position: number): void {
    const block = this.differences.writable(position)
    const severity = this.severities.writable(position)
    const at = this.differences.offset(position)
    let shared = this.sharedCells[position - 1] ?? 0
    for (let row = 0; row < this.rows; row++) {
      const inA = this.a.severity(position, row)
      const inB = this.b.severity(position, row)
      if (inA === SEVERITY.notCaptured || inB === SEVERITY.notCaptured) continue
      shared += 1
      const difference = relativeDifference(this.a.value(this.field, position, row), this.b.value(this.field, position, row))
      block[at + row] = difference
      severity[at + row] = Math.max(inA, inB)
      if (difference === 0) continue
      const cell = { position, traceIndex: row, difference }
      this.firstCell ??= cell
      if (this.largestCell === undefined || difference > this.largestCell.difference) this.largestCell = cell
    }
    this.sharedCells[position] = shared
    this.severityPyramid.add(position, severity, at)
    this.pyramid.add(position, block, at, severity, at)
  }

  private truncate(position: number): void {
    this.differences.truncate(position)
    this.severities.truncate(position)
    this.positionEnd = position
    this.sharedCells.length = position
    this.severityPyramid.truncate(position, (first) =>
      this.readd(first, position, (p, block, at) => this.severityPyramid.add(p, block, at))
    )
    this.pyramid.truncate(position, (first) =>
      this.readd(first, position, (p, severity, at) => this.pyramid.add(p, this.differences.writable(p), at, severity, at))
    )
    this.recountExtremes()
  }

  private readd(first: number, end: number, add: (position: number, severity: Uint8Array, offset: number) => void): void {
    for (let position = first; position < end; position++) {
      const block = this.severities.block(position)
      if (block !== undefined) add(position, block, this.severities.offset(position))
    }
  }

  private recountExtremes(): void {
    this.firstCell = undefined
    this.largestCell = undefined
    for (let position = 0; position < this.positionEnd; position++) {
      for (let row = 0; row < this.rows; row++) {
        const difference = this.differences.get(position, row)
        if (difference === 0) continue
        this.firstCell ??= { position, traceIndex: row, difference }
        if (this.largestCell === undefined || difference > this.largestCell.difference)
          this.largestCell = { position, traceIndex: row, difference }
      }
    }
  }
}
