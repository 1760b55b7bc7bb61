import { NOT_APPLICABLE, SEVERITY } from '../../statistics'
import { cssColor } from '../color'
import type { CellColors } from '../palette'
import type { Box } from './layout'

/** Below this cell size in pixels glyphs are left out; special cells are then drawn larger instead. */
export const GLYPH_LEAST_PIXELS = 10

/** Marks a special cell so that no colour is needed to tell it: N, triangles, a notch, a dot, a dash. */
export function drawGlyph(context: CanvasRenderingContext2D, severity: number, box: Box, colors: CellColors): void {
  const middleX = box.x + box.width / 2
  const middleY = box.y + box.height / 2
  const size = Math.min(box.width, box.height)
  switch (severity) {
    case SEVERITY.nan:
      hatch(context, box, cssColor(colors.background, 0.4))
      context.fillStyle = cssColor(colors.background)
      text(context, 'N', middleX, middleY, Math.min(14, size * 0.8))
      return
    case SEVERITY.positiveInfinity:
    case SEVERITY.negativeInfinity:
      context.fillStyle = cssColor(colors.background)
      triangle(context, middleX, middleY, Math.min(6, size * 0.32), severity === SEVERITY.positiveInfinity)
      return
    case SEVERITY.saturated:
      context.fillStyle = cssColor(colors.saturated)
      notch(context, box, Math.min(8, size * 0.5))
      return
    case SEVERITY.notCaptured:
      context.fillStyle = cssColor(colors.faint)
      context.fillRect(Math.round(middleX) - 1, Math.round(middleY) - 1, 2, 2)
      return
    case NOT_APPLICABLE:
      context.fillStyle = cssColor(colors.faint)
      context.fillRect(Math.round(middleX) - 3, Math.round(middleY), 6, 1)
      return
    default:
  }
}

function hatch(context: CanvasRenderingContext2D, { x, y, width, height }: Box, color: string): void {
  context.save()
  context.beginPath()
  context.rect(x, y, width, height)
  context.clip()
  context.strokeStyle = color
  context.lineWidth = 1
  context.beginPath()
  for (let offset = -height; offset < width; offset += 5) {
    context.moveTo(x + offset, y + height)
    context.lineTo(x + offset + height, y)
  }
  context.stroke()
  context.restore()
}

function text(context: CanvasRenderingContext2D, label: string, x: number, y: number, size: number): void {
  context.font = `700 ${size}px "IBM Plex Mono", monospace`
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillText(label, x, y + 0.5)
}

function triangle(context: CanvasRenderingContext2D, x: number, y: number, radius: number, up: boolean): void {
  const sign = up ? -1 : 1
  context.beginPath()
  context.moveTo(x, y + sign * radius)
  context.lineTo(x + radius, y - sign * radius)
  context.lineTo(x - radius, y - sign * radius)
  context.fill()
}

function notch(context: CanvasRenderingContext2D, { x, y, width }: Box, size: number): void {
  context.beginPath()
  context.moveTo(x + width, y)
  context.lineTo(x + width, y + size)
  context.lineTo(x + width - size, y)
  context.fill()
}
