import type { TraceField } from '../../shared/model/trace-points'
import { LAYER_POINTS } from '../../shared/model/trace-points'
import { poolRule, pooled } from './fields'
import { POOL_FACTOR } from './pyramid'
import { SEVERITY } from './severity'
import { BLOCK_POSITIONS, type ColumnBlocks } from './column-blocks'
import type { ValuePyramid } from './pyramid'

/** Severity of a cell that can have no value: there is no embedding in layer 7. Read as Uint8. */
export const NOT_APPLICABLE = 255

/** One cell of a picture, in terms of the run. */
export interface CellAddress {
  readonly position: number
  readonly traceIndex: number
}

/** Where cells are read from: the statistics of a run, or the difference of two. */
export interface StatisticsSource {
  readonly layerCount: number
  readonly rows: number
  readonly end: number
  readonly revision: number
  dirtySince(revision: number): number
  value(field: TraceField, position: number, traceIndex: number): number
  severity(position: number, traceIndex: number): number
  plane(field: TraceField): ColumnBlocks<Float32Array> | ColumnBlocks<Uint32Array>
  severityPlane(level: number): ColumnBlocks<Uint8Array>
  valuePyramid(field: TraceField): ValuePyramid
}

/** Cells to read: `height` x `width` of them from (row, column), whose columns are those of `level`. */
export interface CellArea {
  readonly level: number
  readonly row: number
  readonly column: number
  readonly height: number
  readonly width: number
}

/**
 * A rectangle of cells that a heatmap shows. Columns may be pooled (`level` > 0: 4^level base columns a column); rows never
 * are here, the painter pools those it cannot show.
 */
export interface CellMatrix {
  readonly rows: number
  readonly columns: number
  readonly pooledLevels: number
  address(row: number, column: number): CellAddress | undefined
  find(address: CellAddress): { readonly row: number; readonly column: number } | undefined
  /** Fills `values` and `severity`, row-major. Beyond the end: not captured. */
  read(field: TraceField, area: CellArea, values: Float32Array, severity: Uint8Array): void
  /** Grows with every change of what read() gives. */
  readonly revision: number
  /** The least base column changed after `revision`; Infinity when none. */
  dirtySince(revision: number): number
}

/** Trace points down (any subset), positions across. */
export class PositionMatrix implements CellMatrix {
  readonly rows: number
  readonly pooledLevels: number
  private readonly statistics: StatisticsSource
  private readonly traceIndices: Int32Array

  constructor(statistics: StatisticsSource, traceIndices: readonly number[], pooledLevels: number) {
    this.statistics = statistics
    this.traceIndices = Int32Array.from(traceIndices)
    this.rows = traceIndices.length
    this.pooledLevels = pooledLevels
  }

  get columns(): number {
    return this.statistics.end
  }

  get revision(): number {
    return this.statistics.revision
  }

  address(row: number, column: number): CellAddress | undefined {
    const traceIndex = this.traceIndices[row]
    return traceIndex === undefined || column < 0 || column >= this.columns ? undefined : { position: column, traceIndex }
  }

  find(address: CellAddress): { readonly row: number; readonly column: number } | undefined {
    const row = this.traceIndices.indexOf(address.traceIndex)
    return row < 0 || address.position >= this.columns ? undefined : { row, column: address.position }
  }

  dirtySince(revision: number): number {
    return this.statistics.dirtySince(revision)
  }

  read(field: TraceField, { level, row, column, height, width }: CellArea, values: Float32Array, severity: Uint8Array): void {
    const end = Math.ceil(this.columns / POOL_FACTOR ** level)
    const severityPlane = this.statistics.severityPlane(level)
    const rule = poolRule(field)
    const pyramid = level === 0 ? undefined : this.statistics.valuePyramid(field).level(level)
    const base = this.statistics.plane(field)
    const stride = this.statistics.rows
    for (let x = 0; x < width; x++) {
      const at = column + x
      const severityBlock = at < end ? severityPlane.block(at) : undefined
      if (severityBlock === undefined) {
        for (let y = 0; y < height; y++) severity[y * width + x] = row + y < this.rows ? SEVERITY.notCaptured : NOT_APPLICABLE
        continue
      }
      const start = (at % BLOCK_POSITIONS) * stride
      const least = pyramid === undefined ? base.block(at) : pyramid.least.block(at)
      const greatest = pyramid?.greatest.block(at)
      for (let y = 0; y < height; y++) {
        const traceIndex = this.traceIndices[row + y]
        const cell = y * width + x
        if (traceIndex === undefined) {
          severity[cell] = NOT_APPLICABLE
          continue
        }
        severity[cell] = severityBlock[start + traceIndex] as number
        const low = least === undefined ? 0 : (least[start + traceIndex] as number)
        values[cell] = greatest === undefined ? low : pooled(rule, low, greatest[start + traceIndex] as number)
      }
    }
  }
}

/** Columns of the layer x point picture, in execution order: what lies before and after the layers sits in their first and last row. */
export const POINT_COLUMNS = ['embedding', ...LAYER_POINTS, 'final_norm', 'logits'] as const

/** A picture small enough to be read cell by cell at any zoom: nothing is pooled, and a change redraws all of it. */
export abstract class UnpooledMatrix implements CellMatrix {
  abstract readonly rows: number
  abstract readonly columns: number
  abstract readonly revision: number
  readonly pooledLevels = 0

  abstract address(row: number, column: number): CellAddress | undefined
  abstract find(address: CellAddress): { readonly row: number; readonly column: number } | undefined
  /** Cells may be asked for beyond the end. */
  protected abstract severityAt(row: number, column: number): number
  protected abstract valueAt(field: TraceField, row: number, column: number): number

  dirtySince(revision: number): number {
    return revision < this.revision ? 0 : Infinity
  }

  read(field: TraceField, { row, column, height, width }: CellArea, values: Float32Array, severity: Uint8Array): void {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        severity[y * width + x] = this.severityAt(row + y, column + x)
        values[y * width + x] = this.valueAt(field, row + y, column + x)
      }
    }
  }
}

/** The severity of a lone value: NaN and infinities by name; undefined: not measured. */
export function severityOfValue(value: number | undefined): number {
  if (value === undefined) return SEVERITY.notCaptured
  if (Number.isNaN(value)) return SEVERITY.nan
  return Number.isFinite(value) ? SEVERITY.finite : SEVERITY.positiveInfinity
}

/** Layers down, trace points across, for one position that may move. Reading order is execution order. */
export class PointMatrix extends UnpooledMatrix {
  readonly rows: number
  readonly columns = POINT_COLUMNS.length
  private readonly statistics: StatisticsSource
  private shownPosition: number
  private moves = 0

  constructor(statistics: StatisticsSource, position: number) {
    super()
    this.statistics = statistics
    this.shownPosition = position
    this.rows = statistics.layerCount
  }

  get position(): number {
    return this.shownPosition
  }

  moveTo(position: number): void {
    if (position === this.shownPosition) return
    this.shownPosition = position
    this.moves += 1
  }

  get revision(): number {
    return this.statistics.revision + this.moves
  }

  /** The trace index of a cell; -1 where the model has no such tensor. */
  private traceIndex(row: number, column: number): number {
    if (row < 0 || row >= this.rows || column < 0 || column >= this.columns) return -1
    if (column === 0) return row === 0 ? 0 : -1
    if (column <= LAYER_POINTS.length) return row * LAYER_POINTS.length + column
    return row === this.rows - 1 ? this.statistics.rows - (this.columns - column) : -1
  }

  address(row: number, column: number): CellAddress | undefined {
    const traceIndex = this.traceIndex(row, column)
    return traceIndex < 0 ? undefined : { position: this.position, traceIndex }
  }

  find({ traceIndex }: CellAddress): { readonly row: number; readonly column: number } | undefined {
    if (traceIndex < 0 || traceIndex >= this.statistics.rows) return undefined
    if (traceIndex === 0) return { row: 0, column: 0 }
    const afterLayers = traceIndex - 1 - this.rows * LAYER_POINTS.length
    if (afterLayers >= 0) return { row: this.rows - 1, column: 1 + LAYER_POINTS.length + afterLayers }
    return { row: Math.floor((traceIndex - 1) / LAYER_POINTS.length), column: 1 + ((traceIndex - 1) % LAYER_POINTS.length) }
  }

  protected severityAt(row: number, column: number): number {
    const traceIndex = this.traceIndex(row, column)
    return traceIndex < 0 ? NOT_APPLICABLE : this.statistics.severity(this.position, traceIndex)
  }

  protected valueAt(field: TraceField, row: number, column: number): number {
    const traceIndex = this.traceIndex(row, column)
    return traceIndex < 0 ? 0 : this.statistics.value(field, this.position, traceIndex)
  }
}
