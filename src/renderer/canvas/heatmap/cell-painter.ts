import type { TraceField } from '../../../shared/model/trace-points'
import type { CellMatrix } from '../../statistics'
import { ALERT_SEVERITY, NOT_APPLICABLE, poolRule, pooled, SEVERITY } from '../../statistics'
import type { CellColors } from '../palette'
import { colorWord } from '../palette'
import type { ColorMapper } from './color-mapper'

/** How many cells share a pixel, as powers of two. */
export interface Pooling {
  readonly columnsLog2: number
  readonly rowsLog2: number
}

/** The colour words of cells that are not on the ramp. */
export interface SpecialWords {
  readonly nan: number
  readonly infinity: number
  readonly notCaptured: number
  readonly notApplicable: number
}

export const specialWords = (colors: CellColors): SpecialWords => ({
  nan: colorWord(colors.nan),
  infinity: colorWord(colors.infinity),
  notCaptured: colorWord(colors.background),
  notApplicable: colorWord(colors.background)
})

/** A pixel that must stay visible however small it gets. */
export interface SpecialPixel {
  readonly x: number
  readonly y: number
  readonly severity: number
}

/** More special pixels than this in a tile need no help to be seen. */
export const SPECIAL_PIXEL_LIMIT = 512

export interface CellPainterStyle {
  readonly field: TraceField
  readonly map: ColorMapper
  readonly special: SpecialWords
}

/** Pixel columns of a matrix at a pooling. */
export const pixelColumns = (matrix: CellMatrix, pooling: Pooling): number => Math.ceil(matrix.columns / 2 ** pooling.columnsLog2)
export const pixelRows = (matrix: CellMatrix, pooling: Pooling): number => Math.ceil(matrix.rows / 2 ** pooling.rowsLog2)

/** The pooling at which a pixel of the picture covers at least one pixel of the screen: no cell can fall between pixels. */
export function poolingFor(matrix: CellMatrix, cellWidth: number, cellHeight: number): Pooling {
  const need = (size: number) => Math.max(0, Math.ceil(Math.log2(1 / size) - 1e-9))
  const most = matrix.pooledLevels * 2 + (matrix.pooledLevels > 0 ? 1 : 0)
  return { columnsLog2: Math.min(most, need(cellWidth)), rowsLog2: need(cellHeight) }
}

let scratchValues = new Float32Array(0)
let scratchSeverity = new Uint8Array(0)

/**
 * Fills `pixels` (width x height words, `stride` words a row) with the picture from pixel (x, y) on, and reports the special
 * pixels, at most SPECIAL_PIXEL_LIMIT.
 */
export function paintCells(
  matrix: CellMatrix,
  style: CellPainterStyle,
  pooling: Pooling,
  x: number,
  y: number,
  width: number,
  height: number,
  pixels: Uint32Array,
  stride: number,
  special: SpecialPixel[]
): void {
  const level = Math.floor(pooling.columnsLog2 / 2)
  const perColumn = pooling.columnsLog2 % 2 === 1 ? 2 : 1
  const perRow = 2 ** pooling.rowsLog2
  const readWidth = width * perColumn
  const readHeight = height * perRow
  if (scratchValues.length < readWidth * readHeight) {
    scratchValues = new Float32Array(readWidth * readHeight)
    scratchSeverity = new Uint8Array(readWidth * readHeight)
  }
  const values = scratchValues
  const severities = scratchSeverity
  const area = { level, row: y * perRow, column: x * perColumn, height: readHeight, width: readWidth }
  matrix.read(style.field, area, values, severities)
  if (perColumn > 1 || perRow > 1) poolInPlace(style.field, values, severities, readWidth, width, height, perColumn, perRow)
  const { map, special: words } = style
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at = row * width + column
      const severity = severities[at] as number
      let word: number
      if (severity === SEVERITY.finite || severity === SEVERITY.saturated) word = map(values[at] as number)
      else if (severity === SEVERITY.notCaptured) word = words.notCaptured
      else if (severity === NOT_APPLICABLE) word = words.notApplicable
      else word = severity === SEVERITY.nan ? words.nan : words.infinity
      pixels[row * stride + column] = word
      if (severity >= ALERT_SEVERITY && severity !== NOT_APPLICABLE && special.length < SPECIAL_PIXEL_LIMIT) {
        special.push({ x: column, y: row, severity })
      }
    }
  }
}

/** Joins perColumn x perRow cells into one, at the front of the same arrays; each target is at or before its sources. */
function poolInPlace(
  field: TraceField,
  values: Float32Array,
  severities: Uint8Array,
  readWidth: number,
  width: number,
  height: number,
  perColumn: number,
  perRow: number
): void {
  const rule = poolRule(field)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let least = Infinity
      let greatest = -Infinity
      let worst: number = SEVERITY.notCaptured
      let applicable = false
      for (let dy = 0; dy < perRow; dy++) {
        const start = (row * perRow + dy) * readWidth + column * perColumn
        for (let dx = 0; dx < perColumn; dx++) {
          const severity = severities[start + dx] as number
          if (severity === NOT_APPLICABLE) continue
          applicable = true
          if (severity === SEVERITY.notCaptured) continue
          if (severity > worst) worst = severity
          const value = values[start + dx] as number
          if (value < least) least = value
          if (value > greatest) greatest = value
        }
      }
      values[row * width + column] = pooled(rule, least, greatest)
      severities[row * width + column] = applicable ? worst : NOT_APPLICABLE
    }
  }
}
