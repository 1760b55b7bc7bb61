import { indexOfCursor } from '../layers/matrices'
import type { CellAddress } from '../../statistics'
import { NOT_APPLICABLE, severityOfValue, UnpooledMatrix } from '../../statistics'
import { POINT_COLUMNS } from '../../statistics/cell-matrix'
import type { Report } from './checks-state'

export type PointError = Report<'parity'>['points'][number]
export const MEASURES = ['cumulative', 'local'] as const
export type Measure = (typeof MEASURES)[number]

export const measureOf = (point: PointError, measure: Measure): number | undefined =>
  measure === 'cumulative' ? point.cumulativeNmse : point.localNmse

/** Errors of a parity report, layers down and trace points across; what lies outside the layers sits in the first and last row. */
export class ErrorMatrix extends UnpooledMatrix {
  readonly rows: number
  readonly columns = POINT_COLUMNS.length
  readonly revision = 0
  private readonly cells: readonly (PointError | undefined)[]
  private readonly measure: Measure

  constructor(points: readonly PointError[], measure: Measure) {
    super()
    this.measure = measure
    this.rows = layersOf(points)
    const cells: (PointError | undefined)[] = Array.from({ length: this.rows * this.columns }, () => undefined)
    for (const point of points) {
      const row = Math.max(0, Math.min(this.rows - 1, point.layer))
      cells[row * this.columns + POINT_COLUMNS.indexOf(point.point)] = point
    }
    this.cells = cells
  }

  pointAt(row: number, column: number): PointError | undefined {
    return row < 0 || row >= this.rows || column < 0 || column >= this.columns ? undefined : this.cells[row * this.columns + column]
  }

  placeOf(point: PointError): { readonly row: number; readonly column: number } {
    return { row: Math.max(0, Math.min(this.rows - 1, point.layer)), column: POINT_COLUMNS.indexOf(point.point) }
  }

  address(row: number, column: number): CellAddress | undefined {
    const point = this.pointAt(row, column)
    const index = point === undefined ? undefined : indexOfCursor(point.layer, point.point, this.rows)
    return point === undefined || index === undefined ? undefined : { position: Math.max(0, point.worstPosition), traceIndex: index }
  }

  find({ traceIndex }: CellAddress): { readonly row: number; readonly column: number } | undefined {
    const point = this.cells.find((cell) => cell !== undefined && indexOfCursor(cell.layer, cell.point, this.rows) === traceIndex)
    return point === undefined ? undefined : this.placeOf(point)
  }

  protected severityAt(row: number, column: number): number {
    const point = this.pointAt(row, column)
    return point === undefined ? NOT_APPLICABLE : severityOfValue(measureOf(point, this.measure))
  }

  protected valueAt(_field: string, row: number, column: number): number {
    const point = this.pointAt(row, column)
    return (point === undefined ? undefined : measureOf(point, this.measure)) ?? 0
  }
}

export const layersOf = (points: readonly PointError[]): number =>
  points.reduce((most, { point, layer }) => (isOutside(point) ? most : Math.max(most, layer + 1)), 0)

const isOutside = (point: PointError['point']): boolean => point === 'embedding' || point === 'final_norm' || point === 'logits'

/** One logarithmic domain for both measures: the least and greatest finite error, in whole powers of ten. */
export function errorDomain(points: readonly PointError[]): { readonly low: number; readonly high: number } {
  let low = Infinity
  let high = 0
  for (const point of points)
    for (const measure of MEASURES) {
      const value = measureOf(point, measure)
      if (value === undefined || !Number.isFinite(value) || value <= 0) continue
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
  if (high === 0) return { low: 1e-16, high: 1 }
  return { low: 10 ** Math.floor(Math.log10(low)), high: 10 ** Math.max(Math.ceil(Math.log10(high)), Math.floor(Math.log10(low)) + 1) }
}
