import type { CellMatrix } from '../../statistics'
import type { Viewport } from '../viewport'
import type { HeatmapLayout } from './layout'
import { inside } from './layout'

/** What lies under a point of a heatmap. */
export type HeatmapHit =
  | { readonly kind: 'cell'; readonly row: number; readonly column: number }
  | { readonly kind: 'row-label'; readonly row: number }
  | { readonly kind: 'overview'; readonly fraction: number }
  | { readonly kind: 'nothing' }

export function hitTest(layout: HeatmapLayout, view: Viewport, matrix: CellMatrix, x: number, y: number): HeatmapHit {
  const { plot, rowLabels, overview } = layout
  const row = Math.floor(view.top + ((y - plot.y) / plot.height) * (view.bottom - view.top))
  if (inside(plot, x, y)) {
    const column = Math.floor(view.left + ((x - plot.x) / plot.width) * (view.right - view.left))
    if (row >= 0 && row < matrix.rows && column >= 0 && column < matrix.columns) return { kind: 'cell', row, column }
    return { kind: 'nothing' }
  }
  if (inside(rowLabels, x, y) && row >= 0 && row < matrix.rows) return { kind: 'row-label', row }
  if (inside({ ...overview, y: overview.y - 4, height: overview.height + 8 }, x, y)) {
    return { kind: 'overview', fraction: (x - overview.x) / overview.width }
  }
  return { kind: 'nothing' }
}
