/** The part of a matrix that a canvas shows: columns [left, right) and rows [top, bottom), in cells, fractions allowed. */
export interface Viewport {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

export interface Extent {
  readonly columns: number
  readonly rows: number
}

export interface Pixels {
  readonly width: number
  readonly height: number
}

/** Nearest look: this many cells across the canvas at least (or all, where there are fewer). */
const LEAST_CELLS = 4

/** Everything, edge to edge. An empty matrix gets one cell so that no division by zero follows. */
export const fitViewport = ({ columns, rows }: Extent): Viewport => ({
  left: 0,
  right: Math.max(1, columns),
  top: 0,
  bottom: Math.max(1, rows)
})

function clampAxis(start: number, end: number, size: number): readonly [number, number] {
  const whole = Math.max(1, size)
  const span = Math.min(whole, Math.max(Math.min(LEAST_CELLS, whole), end - start))
  const from = Math.min(whole - span, Math.max(0, start + (end - start - span) / 2))
  return [from, from + span]
}

/** The nearest viewport inside the matrix. */
export function clampViewport(view: Viewport, extent: Extent): Viewport {
  const [left, right] = clampAxis(view.left, view.right, extent.columns)
  const [top, bottom] = clampAxis(view.top, view.bottom, extent.rows)
  return { left, right, top, bottom }
}

export const panBy = (view: Viewport, columns: number, rows: number, extent: Extent): Viewport =>
  clampViewport({ left: view.left + columns, right: view.right + columns, top: view.top + rows, bottom: view.bottom + rows }, extent)

/** Zooms by a factor an axis (2 = twice as near) and keeps the cell under (column, row) where it is. */
export function zoomAt(view: Viewport, factorX: number, factorY: number, column: number, row: number, extent: Extent): Viewport {
  return clampViewport(
    {
      left: column - (column - view.left) / factorX,
      right: column + (view.right - column) / factorX,
      top: row - (row - view.top) / factorY,
      bottom: row + (view.bottom - row) / factorY
    },
    extent
  )
}

/** Moves as little as needed so that the cell is wholly visible. */
export function reveal(view: Viewport, column: number, row: number, extent: Extent): Viewport {
  const dx = column < view.left ? column - view.left : column + 1 > view.right ? column + 1 - view.right : 0
  const dy = row < view.top ? row - view.top : row + 1 > view.bottom ? row + 1 - view.bottom : 0
  return dx === 0 && dy === 0 ? view : panBy(view, dx, dy, extent)
}

/** Puts the cell in the middle; when it is there already, shows everything. */
export function centreOrFit(view: Viewport, column: number, row: number, extent: Extent): Viewport {
  const dx = column + 0.5 - (view.left + view.right) / 2
  const dy = row + 0.5 - (view.top + view.bottom) / 2
  const centred = panBy(view, dx, dy, extent)
  return sameViewport(centred, view) ? fitViewport(extent) : centred
}

/** Follows growth: a view that reached the last column before still does. */
export function followEnd(view: Viewport, before: Extent, now: Extent): Viewport {
  if (now.columns === before.columns && now.rows === before.rows) return view
  const wholeBefore = view.left <= 0 && view.right >= Math.max(1, before.columns)
  if (wholeBefore) return { ...clampViewport(view, now), left: 0, right: Math.max(1, now.columns) }
  if (view.right >= before.columns) {
    const span = view.right - view.left
    return clampViewport({ ...view, left: now.columns - span, right: now.columns }, now)
  }
  return clampViewport(view, now)
}

export const sameViewport = (a: Viewport, b: Viewport): boolean =>
  Math.abs(a.left - b.left) < 1e-6 &&
  Math.abs(a.right - b.right) < 1e-6 &&
  Math.abs(a.top - b.top) < 1e-6 &&
  Math.abs(a.bottom - b.bottom) < 1e-6

export const cellWidth = (view: Viewport, pixels: Pixels): number => pixels.width / (view.right - view.left)
export const cellHeight = (view: Viewport, pixels: Pixels): number => pixels.height / (view.bottom - view.top)

/** The cell (fractional) under a point of the canvas. */
export const cellAtPoint = (view: Viewport, pixels: Pixels, x: number, y: number): { readonly column: number; readonly row: number } => ({
  column: view.left + x / cellWidth(view, pixels),
  row: view.top + y / cellHeight(view, pixels)
})
