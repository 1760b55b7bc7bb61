import type { Viewport } from '../viewport'

/** A rectangle in CSS pixels. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Where the parts of a heatmap lie on its canvas. */
export interface HeatmapLayout {
  readonly plot: Box
  readonly rowLabels: Box
  readonly columnLabels: Box
  /** Thin bar under the plot: which part of all columns is shown. */
  readonly overview: Box
}

export interface GutterSizes {
  /** Widest row label. */
  readonly left: number
  /** Height of the column labels. */
  readonly top: number
  /** Room for the end of a slanted label. */
  readonly right: number
}

const OVERVIEW_HEIGHT = 6
const MARGIN = 4

export function layoutHeatmap(width: number, height: number, gutters: GutterSizes): HeatmapLayout {
  const left = Math.min(gutters.left, width / 3)
  const top = Math.min(gutters.top, height / 3)
  const plotWidth = Math.max(1, width - left - MARGIN - gutters.right)
  const plotHeight = Math.max(1, height - top - OVERVIEW_HEIGHT - 2 * MARGIN)
  const plot = { x: left, y: top, width: plotWidth, height: plotHeight }
  return {
    plot,
    rowLabels: { x: 0, y: top, width: left, height: plotHeight },
    columnLabels: { x: left, y: 0, width: plotWidth, height: top },
    overview: { x: left, y: top + plotHeight + MARGIN, width: plotWidth, height: OVERVIEW_HEIGHT }
  }
}

export const inside = (box: Box, x: number, y: number): boolean =>
  x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height

/** Screen position of a column's or row's edge, rounded so that neighbouring cells share it. */
export const columnEdge = (plot: Box, view: Viewport, column: number): number =>
  Math.round(plot.x + ((column - view.left) / (view.right - view.left)) * plot.width)
export const rowEdge = (plot: Box, view: Viewport, row: number): number =>
  Math.round(plot.y + ((row - view.top) / (view.bottom - view.top)) * plot.height)

/** The box of one cell, at least one pixel wide and high. */
export function cellBox(plot: Box, view: Viewport, row: number, column: number): Box {
  const x = columnEdge(plot, view, column)
  const y = rowEdge(plot, view, row)
  return { x, y, width: Math.max(1, columnEdge(plot, view, column + 1) - x), height: Math.max(1, rowEdge(plot, view, row + 1) - y) }
}

/** Every nth label, so that labels are at least `least` pixels apart; n is 1, 2, 5, 10, 20 … */
export function labelStep(cellSize: number, least: number): number {
  if (cellSize >= least) return 1
  const raw = least / cellSize
  const power = 10 ** Math.floor(Math.log10(raw))
  return ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power
}
