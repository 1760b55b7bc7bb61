import type { TraceField } from '../../../shared/model/trace-points'
import type { CellMatrix } from '../../statistics'
import { NOT_APPLICABLE, SEVERITY } from '../../statistics'
import { cssColor } from '../color'
import type { CellColors } from '../palette'
import type { Viewport } from '../viewport'
import type { Pooling } from './cell-painter'
import { pixelColumns, pixelRows, poolingFor } from './cell-painter'
import { drawGlyph, GLYPH_LEAST_PIXELS } from './glyphs'
import type { Box, HeatmapLayout } from './layout'
import { cellBox, columnEdge, labelStep, rowEdge } from './layout'
import type { TileCache } from './tile-cache'
import { TILE_SIZE } from './tile-cache'

export interface Cell {
  readonly row: number
  readonly column: number
}

/** Rows [offset + n * size, …) form group n. */
export interface RowGroups {
  readonly offset: number
  readonly size: number
  readonly label: (group: number) => string
}

/** Everything one picture of a heatmap shows. */
export interface HeatmapScene {
  readonly matrix: CellMatrix
  readonly field: TraceField
  readonly layout: HeatmapLayout
  readonly view: Viewport
  readonly colors: CellColors
  readonly rowLabel: (row: number) => string
  /** Where rows come in groups: label group starts only, while single rows have no room. */
  readonly rowGroups: RowGroups | undefined
  readonly columnLabel: (column: number) => string
  /** Pixels a column label needs. */
  readonly columnLabelWidth: number
  readonly slantedColumnLabels: boolean
  /** Rows that start a group (a layer): a line is drawn above them when there is room. */
  readonly startsGroup: (row: number) => boolean
  readonly cursor: Cell | undefined
  readonly ghost: Cell | undefined
  readonly focused: boolean
}

const FONT = '11px "IBM Plex Mono", ui-monospace, monospace'

/** Time a frame may spend on painting tiles that are not on the screen yet. */
const TILE_BUDGET_MILLISECONDS = 7

/** Paints the scene. True when tiles are still missing: call again in the next frame. */
export function drawHeatmap(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  scene: HeatmapScene,
  tiles: TileCache
): boolean {
  const { layout, colors } = scene
  context.fillStyle = cssColor(colors.background)
  context.fillRect(0, 0, Math.ceil(width) + 1, Math.ceil(height) + 1)
  const unfinished = drawTiles(context, scene, tiles)
  drawGlyphs(context, scene)
  drawGroups(context, scene)
  drawLabels(context, scene)
  drawOverview(context, scene)
  if (scene.ghost)
    outline(
      context,
      clip(cellBox(layout.plot, scene.view, scene.ghost.row, scene.ghost.column), layout.plot),
      cssColor(colors.cursor, 0.45),
      1
    )
  if (scene.cursor) drawCursor(context, scene, scene.cursor)
  return unfinished
}

function drawTiles(context: CanvasRenderingContext2D, scene: HeatmapScene, tiles: TileCache): boolean {
  const { matrix, layout, view } = scene
  const { plot } = layout
  if (matrix.rows === 0 || matrix.columns === 0) return false
  const cellWidth = plot.width / (view.right - view.left)
  const cellHeight = plot.height / (view.bottom - view.top)
  const pooling = poolingFor(matrix, cellWidth, cellHeight)
  context.save()
  context.beginPath()
  context.rect(plot.x, plot.y, plot.width, plot.height)
  context.clip()
  context.imageSmoothingEnabled = false
  const deadline = performance.now() + TILE_BUDGET_MILLISECONDS
  const coarse: Pooling = { columnsLog2: Math.min(pooling.columnsLog2 + 3, matrix.pooledLevels * 2), rowsLog2: pooling.rowsLog2 + 2 }
  let unfinished = false
  const marks: (() => void)[] = []
  visitTiles(scene, pooling, (tileX, tileY) => {
    const { tile, fresh } = tiles.tile(pooling, tileX, tileY, performance.now() < deadline)
    if (!fresh) unfinished = true
    if (tile === undefined) {
      drawCoarse(context, scene, tiles, coarse, pooling, tileX, tileY)
      return
    }
    blit(context, scene, tile.canvas, pooling, tileX, tileY)
    if (tile.special.length > 0) marks.push(() => dilate(context, scene, tile.special, pooling, tileX, tileY))
  })
  for (const mark of marks) mark()
  context.restore()
  return unfinished
}

function visitTiles(scene: HeatmapScene, pooling: Pooling, visit: (tileX: number, tileY: number) => void): void {
  const { matrix, view } = scene
  const columnSpan = TILE_SIZE * 2 ** pooling.columnsLog2
  const rowSpan = TILE_SIZE * 2 ** pooling.rowsLog2
  const lastX = Math.floor((Math.min(view.right, matrix.columns) - 1e-9) / columnSpan)
  const lastY = Math.floor((Math.min(view.bottom, matrix.rows) - 1e-9) / rowSpan)
  for (let tileY = Math.floor(view.top / rowSpan); tileY <= lastY; tileY++) {
    for (let tileX = Math.floor(view.left / columnSpan); tileX <= lastX; tileX++) visit(tileX, tileY)
  }
}

/** Copies a tile's used part to where its cells are. The last pixel may stand for fewer cells than the others. */
function blit(
  context: CanvasRenderingContext2D,
  scene: HeatmapScene,
  source: HTMLCanvasElement,
  pooling: Pooling,
  tileX: number,
  tileY: number
): void {
  const { matrix, layout, view } = scene
  const columnsPerPixel = 2 ** pooling.columnsLog2
  const rowsPerPixel = 2 ** pooling.rowsLog2
  const width = Math.min(TILE_SIZE, pixelColumns(matrix, pooling) - tileX * TILE_SIZE)
  const height = Math.min(TILE_SIZE, pixelRows(matrix, pooling) - tileY * TILE_SIZE)
  // Only what is in view: scaling a whole tile to thousands of pixels off screen costs time in software rendering.
  const fromX = Math.max(0, Math.floor(view.left / columnsPerPixel) - tileX * TILE_SIZE)
  const toX = Math.min(width, Math.ceil(view.right / columnsPerPixel) - tileX * TILE_SIZE)
  const fromY = Math.max(0, Math.floor(view.top / rowsPerPixel) - tileY * TILE_SIZE)
  const toY = Math.min(height, Math.ceil(view.bottom / rowsPerPixel) - tileY * TILE_SIZE)
  if (toX <= fromX || toY <= fromY) return
  const left = columnEdge(layout.plot, view, (tileX * TILE_SIZE + fromX) * columnsPerPixel)
  const right = columnEdge(layout.plot, view, (tileX * TILE_SIZE + toX) * columnsPerPixel)
  const top = rowEdge(layout.plot, view, (tileY * TILE_SIZE + fromY) * rowsPerPixel)
  const bottom = rowEdge(layout.plot, view, (tileY * TILE_SIZE + toY) * rowsPerPixel)
  context.drawImage(source, fromX, fromY, toX - fromX, toY - fromY, left, top, right - left, bottom - top)
}

/** Stands in for a tile that is not painted yet: the part of a coarser tile that covers it, if there is one. */
function drawCoarse(
  context: CanvasRenderingContext2D,
  scene: HeatmapScene,
  tiles: TileCache,
  coarse: Pooling,
  pooling: Pooling,
  tileX: number,
  tileY: number
): void {
  const coarseX = Math.floor((tileX * 2 ** pooling.columnsLog2) / 2 ** coarse.columnsLog2)
  const coarseY = Math.floor((tileY * 2 ** pooling.rowsLog2) / 2 ** coarse.rowsLog2)
  const { tile } = tiles.tile(coarse, coarseX, coarseY, false)
  if (tile !== undefined) blit(context, scene, tile.canvas, coarse, coarseX, coarseY)
}

/** Draws special pixels at least three screen pixels large. */
function dilate(
  context: CanvasRenderingContext2D,
  scene: HeatmapScene,
  special: readonly { readonly x: number; readonly y: number; readonly severity: number }[],
  pooling: Pooling,
  tileX: number,
  tileY: number
): void {
  const { layout, view, colors } = scene
  const columnsPerPixel = 2 ** pooling.columnsLog2
  const rowsPerPixel = 2 ** pooling.rowsLog2
  const width = (layout.plot.width / (view.right - view.left)) * columnsPerPixel
  const height = (layout.plot.height / (view.bottom - view.top)) * rowsPerPixel
  if (width >= GLYPH_LEAST_PIXELS && height >= GLYPH_LEAST_PIXELS) return
  for (const { x, y, severity } of special) {
    if (severity === SEVERITY.saturated && width >= 4 && height >= 4) {
      continue
    }
    const left = columnEdge(layout.plot, view, (tileX * TILE_SIZE + x) * columnsPerPixel)
    const top = rowEdge(layout.plot, view, (tileY * TILE_SIZE + y) * rowsPerPixel)
    context.fillStyle = cssColor(
      severity === SEVERITY.nan ? colors.nan : severity === SEVERITY.saturated ? colors.saturated : colors.infinity
    )
    const least = severity === SEVERITY.saturated ? 2 : 3
    context.fillRect(
      left - Math.max(0, (least - width) / 2),
      top - Math.max(0, (least - height) / 2),
      Math.max(least, width),
      Math.max(least, height)
    )
  }
}

function drawGlyphs(context: CanvasRenderingContext2D, scene: HeatmapScene): void {
  const { matrix, layout, view, field, colors } = scene
  const { plot } = layout
  const cellWidth = plot.width / (view.right - view.left)
  const cellHeight = plot.height / (view.bottom - view.top)
  if (cellWidth < GLYPH_LEAST_PIXELS || cellHeight < GLYPH_LEAST_PIXELS) return
  const row = Math.floor(view.top)
  const column = Math.floor(view.left)
  const rows = Math.min(matrix.rows, Math.ceil(view.bottom)) - row
  const columns = Math.min(matrix.columns, Math.ceil(view.right)) - column
  if (rows <= 0 || columns <= 0) return
  const severity = new Uint8Array(rows * columns)
  matrix.read(field, { level: 0, row, column, height: rows, width: columns }, new Float32Array(rows * columns), severity)
  context.save()
  context.beginPath()
  context.rect(plot.x, plot.y, plot.width, plot.height)
  context.clip()
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const kind = severity[y * columns + x] as number
      if (kind !== SEVERITY.finite) drawGlyph(context, kind, cellBox(plot, view, row + y, column + x), colors)
    }
  }
  context.restore()
}

function drawGroups(context: CanvasRenderingContext2D, scene: HeatmapScene): void {
  const { matrix, layout, view, colors } = scene
  if (layout.plot.height / (view.bottom - view.top) < 4) return
  context.fillStyle = cssColor(colors.background)
  for (let row = Math.max(1, Math.ceil(view.top)); row < Math.min(matrix.rows, view.bottom); row++) {
    if (scene.startsGroup(row)) context.fillRect(layout.plot.x, rowEdge(layout.plot, view, row) - 1, layout.plot.width, 2)
  }
}

function drawLabels(context: CanvasRenderingContext2D, scene: HeatmapScene): void {
  const { matrix, layout, view, colors } = scene
  const { plot, columnLabels } = layout
  const cellWidth = plot.width / (view.right - view.left)
  const cellHeight = plot.height / (view.bottom - view.top)
  context.font = FONT
  context.textBaseline = 'middle'
  context.fillStyle = cssColor(colors.text)
  context.textAlign = 'right'
  drawRowLabels(context, scene, cellHeight)
  const columnStep = labelStep(cellWidth, scene.slantedColumnLabels ? 14 : scene.columnLabelWidth)
  for (let column = Math.ceil(view.left / columnStep) * columnStep; column < Math.min(matrix.columns, view.right); column += columnStep) {
    const x = plot.x + (column + 0.5 - view.left) * cellWidth
    if (x < plot.x || x > plot.x + plot.width) continue
    context.save()
    context.translate(x, columnLabels.y + columnLabels.height - 8)
    if (scene.slantedColumnLabels) {
      context.rotate(-Math.PI / 6)
      context.textAlign = 'left'
    } else context.textAlign = 'center'
    context.fillText(scene.columnLabel(column), 0, 0)
    context.restore()
  }
}

const LABEL_PIXELS = 13

function drawRowLabels(context: CanvasRenderingContext2D, scene: HeatmapScene, cellHeight: number): void {
  const { matrix, layout, view, rowGroups } = scene
  const { plot, rowLabels } = layout
  const right = rowLabels.x + rowLabels.width - 8
  const put = (text: string, row: number): void => {
    const y = plot.y + (row - view.top) * cellHeight
    if (y > plot.y && y < plot.y + plot.height) context.fillText(text, right, y, rowLabels.width - 10)
  }
  if (rowGroups !== undefined && cellHeight < LABEL_PIXELS) {
    const { offset, size, label } = rowGroups
    const step = labelStep(cellHeight * size, LABEL_PIXELS + 2)
    const groups = Math.ceil((matrix.rows - offset) / size)
    for (let group = 0; group < groups; group += step)
      if (offset + (group + 1) * size <= matrix.rows) put(label(group), offset + (group + 0.5) * size)
    return
  }
  const step = labelStep(cellHeight, LABEL_PIXELS)
  for (let row = Math.ceil(view.top / step) * step; row < Math.min(matrix.rows, view.bottom); row += step)
    put(scene.rowLabel(row), row + 0.5)
}

function drawOverview(context: CanvasRenderingContext2D, scene: HeatmapScene): void {
  const { matrix, layout, view, colors } = scene
  const { overview } = layout
  if (matrix.columns === 0) return
  const whole = Math.max(1, matrix.columns)
  context.fillStyle = cssColor(colors.faint, 0.55)
  context.fillRect(overview.x, overview.y, overview.width, overview.height)
  if (view.right - view.left >= whole) return
  context.fillStyle = cssColor(colors.text)
  const left = overview.x + (view.left / whole) * overview.width
  context.fillRect(left, overview.y, Math.max(6, ((view.right - view.left) / whole) * overview.width), overview.height)
}

function drawCursor(context: CanvasRenderingContext2D, scene: HeatmapScene, cursor: Cell): void {
  const { layout, view, colors } = scene
  const { plot } = layout
  const box = cellBox(plot, view, cursor.row, cursor.column)
  context.fillStyle = cssColor(colors.cursor, 0.28)
  const x = Math.round(box.x + box.width / 2)
  const y = Math.round(box.y + box.height / 2)
  if (box.width < 8 && x >= plot.x && x < plot.x + plot.width) context.fillRect(x, plot.y, 1, plot.height)
  if (box.height < 8 && y >= plot.y && y < plot.y + plot.height) context.fillRect(plot.x, y, plot.width, 1)
  const shown = clip(grow(box, box.width < 6 ? 3 : 0, box.height < 6 ? 3 : 0), plot)
  outline(context, grow(shown, 1, 1), cssColor(colors.background), 1)
  outline(context, shown, cssColor(colors.cursor), scene.focused ? 2 : 1.25)
}

const grow = (box: Box, x: number, y: number): Box => ({ x: box.x - x, y: box.y - y, width: box.width + 2 * x, height: box.height + 2 * y })

function clip(box: Box, to: Box): Box {
  const x = Math.max(box.x, to.x)
  const y = Math.max(box.y, to.y)
  return { x, y, width: Math.min(box.x + box.width, to.x + to.width) - x, height: Math.min(box.y + box.height, to.y + to.height) - y }
}

function outline(context: CanvasRenderingContext2D, box: Box, color: string, lineWidth: number): void {
  if (box.width <= 0 || box.height <= 0) return
  context.strokeStyle = color
  context.lineWidth = lineWidth
  context.strokeRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1)
}

/** True for cells that a table or a speech output should not read a value from. */
export const hasNoValue = (severity: number): boolean => severity === SEVERITY.notCaptured || severity === NOT_APPLICABLE
