import { traceIndex } from '../../../shared/model/trace-points'
import { makeScale } from '../../canvas/scale'
import type { CellAddress } from '../../statistics'
import { severityOfValue, UnpooledMatrix } from '../../statistics'
import type { DriftSteps } from '../../store/drift'

/** Relative errors of a strip: below the first, f32 rounding; at the second, another vector. */
export const DRIFT_SCALE = makeScale('log', { low: 1e-8, high: 1 })

/** Layers down, generated tokens across: the relative error of the residual stream after each block. */
export class DriftMatrix extends UnpooledMatrix {
  readonly rows: number
  readonly columns: number
  private readonly drift: DriftSteps
  private readonly from: number

  /** Tokens [from, to) of the run. */
  constructor(drift: DriftSteps, layers: number, from: number, to: number) {
    super()
    this.drift = drift
    this.rows = layers
    this.from = from
    this.columns = Math.max(0, to - from)
  }

  get revision(): number {
    return this.drift.revision
  }

  error(row: number, column: number): number | undefined {
    return this.drift.at(this.from + column - 1)?.layerErrors[row]
  }

  address(row: number, column: number): CellAddress | undefined {
    const inside = row >= 0 && row < this.rows && column >= 0 && column < this.columns
    return inside ? { position: this.from + column, traceIndex: traceIndex(row, 'layer_out') } : undefined
  }

  find({ position, traceIndex: index }: CellAddress): { readonly row: number; readonly column: number } | undefined {
    const column = position - this.from
    if (column < 0 || column >= this.columns) return undefined
    for (let row = 0; row < this.rows; row++) if (traceIndex(row, 'layer_out') === index) return { row, column }
    return undefined
  }

  protected severityAt(row: number, column: number): number {
    return severityOfValue(this.error(row, column))
  }

  protected valueAt(_field: string, row: number, column: number): number {
    return this.error(row, column) ?? 0
  }
}
