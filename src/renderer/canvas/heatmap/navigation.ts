import type { CellMatrix } from '../../statistics'
import type { Extent, Viewport } from '../viewport'
import { centreOrFit, clampViewport, panBy, reveal, zoomAt } from '../viewport'
import type { Cell } from './draw'

export interface NavigationState {
  readonly view: Viewport
  readonly cursor: Cell | undefined
}

export type KeyOutcome =
  | { readonly kind: 'view'; readonly view: Viewport }
  | { readonly kind: 'cursor'; readonly cursor: Cell; readonly view: Viewport }

const ZOOM_STEP = 1.35

const MOVES: Readonly<Record<string, readonly [row: number, column: number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0]
}

/**
 * What a key does to a heatmap; undefined when it is not the heatmap's. Arrows move the cell (with Shift ten cells), Home and
 * End go to the ends of the row (with Ctrl of the matrix), W/S zoom, A/D pan, Q/E zoom the rows, F centres, then fits.
 */
export function navigate(
  key: string,
  shift: boolean,
  control: boolean,
  state: NavigationState,
  matrix: CellMatrix
): KeyOutcome | undefined {
  const extent: Extent = { columns: matrix.columns, rows: matrix.rows }
  if (extent.columns === 0 || extent.rows === 0) return undefined
  const { view } = state
  const cursor = state.cursor ?? { row: 0, column: 0 }
  const middleColumn = state.cursor === undefined ? (view.left + view.right) / 2 : inView(cursor.column + 0.5, view.left, view.right)
  const middleRow = state.cursor === undefined ? (view.top + view.bottom) / 2 : inView(cursor.row + 0.5, view.top, view.bottom)
  const to = (row: number, column: number): KeyOutcome => {
    const next = nearestCell(matrix, cursor, row, column)
    return { kind: 'cursor', cursor: next, view: reveal(view, next.column, next.row, extent) }
  }
  const move = MOVES[key]
  if (move !== undefined) {
    const by = shift ? 10 : 1
    return to(cursor.row + move[0] * by, cursor.column + move[1] * by)
  }
  if (key === 'Home') return to(control ? 0 : cursor.row, 0)
  if (key === 'End') return to(control ? extent.rows - 1 : cursor.row, extent.columns - 1)
  if (key === 'PageUp' || key === 'PageDown') {
    const page = Math.max(1, Math.floor(view.bottom - view.top) - 1)
    return to(cursor.row + (key === 'PageUp' ? -page : page), cursor.column)
  }
  if (control) return undefined
  const quarter = (view.right - view.left) / 4
  switch (key.toLowerCase()) {
    case 'w':
      return { kind: 'view', view: zoomAt(view, ZOOM_STEP, 1, middleColumn, middleRow, extent) }
    case 's':
      return { kind: 'view', view: zoomAt(view, 1 / ZOOM_STEP, 1, middleColumn, middleRow, extent) }
    case 'e':
      return { kind: 'view', view: zoomAt(view, 1, ZOOM_STEP, middleColumn, middleRow, extent) }
    case 'q':
      return { kind: 'view', view: zoomAt(view, 1, 1 / ZOOM_STEP, middleColumn, middleRow, extent) }
    case 'a':
      return { kind: 'view', view: panBy(view, -quarter, 0, extent) }
    case 'd':
      return { kind: 'view', view: panBy(view, quarter, 0, extent) }
    case 'f':
      return { kind: 'view', view: clampViewport(centreOrFit(view, cursor.column, cursor.row, extent), extent) }
    default:
      return undefined
  }
}

const inView = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value))

/** The cell itself when it exists; else onward in the direction of travel; else where the cursor was. */
function nearestCell(matrix: CellMatrix, from: Cell, row: number, column: number): Cell {
  const clampedRow = Math.min(matrix.rows - 1, Math.max(0, row))
  const clampedColumn = Math.min(matrix.columns - 1, Math.max(0, column))
  const stepRow = Math.sign(clampedRow - from.row)
  const stepColumn = Math.sign(clampedColumn - from.column)
  for (let r = clampedRow, c = clampedColumn; r >= 0 && r < matrix.rows && c >= 0 && c < matrix.columns; r += stepRow, c += stepColumn) {
    if (matrix.address(r, c) !== undefined) return { row: r, column: c }
    if (stepRow === 0 && stepColumn === 0) break
  }
  for (let r = clampedRow, c = clampedColumn; r !== from.row || c !== from.column; r -= stepRow, c -= stepColumn) {
    if (matrix.address(r, c) !== undefined) return { row: r, column: c }
    if (stepRow === 0 && stepColumn === 0) break
  }
  return from
}
