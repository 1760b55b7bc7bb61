import { describe, expect, it } from 'vitest'
import { TRACE_STATS_WORDS, traceIndex, tracePointCount } from '../../../shared/model/trace-points'
import { PointMatrix, PositionMatrix, PYRAMID_LEVELS, TraceStatistics } from '../../statistics'
import { CELL_COLORS } from '../palette'
import type { SpecialPixel } from './cell-painter'
import { paintCells, pixelColumns, pixelRows, poolingFor, specialWords } from './cell-painter'
import { hitTest } from './hit'
import { cellBox, columnEdge, labelStep, layoutHeatmap } from './layout'

const LAYERS = 5
const NAN_AT = { position: 700, traceIndex: traceIndex(3, 'k') }

function filled(positions: number): TraceStatistics {
  const statistics = new TraceStatistics(LAYERS)
  const rows = tracePointCount(LAYERS)
  for (let position = 0; position < positions; position++) {
    const words = new Uint32Array(rows * TRACE_STATS_WORDS)
    const floats = new Float32Array(words.buffer)
    for (let row = 0; row < rows; row++) {
      floats[row * TRACE_STATS_WORDS + 4] = 1 + ((position * 7 + row * 13) % 50)
      if (position === NAN_AT.position && row === NAN_AT.traceIndex) words[row * TRACE_STATS_WORDS + 5] = 1
    }
    statistics.write(position, words)
  }
  return statistics
}

const special = specialWords(CELL_COLORS.light)
const style = { field: 'absmax', map: (value: number) => value, special } as const

describe('cell painter', () => {
  const statistics = filled(1000)
  const every = new PositionMatrix(
    statistics,
    Array.from({ length: statistics.rows }, (_, row) => row),
    PYRAMID_LEVELS
  )

  it('pools so that no cell falls between pixels, and the one NaN is in the picture at every zoom', () => {
    for (const [cellWidth, cellHeight] of [
      [3, 3],
      [0.9, 0.7],
      [0.4, 0.2],
      [0.05, 1],
      [0.002, 0.05]
    ] as const) {
      const pooling = poolingFor(every, cellWidth, cellHeight)
      expect(cellWidth * 2 ** pooling.columnsLog2).toBeGreaterThanOrEqual(1)
      expect(cellHeight * 2 ** pooling.rowsLog2).toBeGreaterThanOrEqual(1)
      const width = pixelColumns(every, pooling)
      const height = pixelRows(every, pooling)
      const pixels = new Uint32Array(width * height)
      const found: SpecialPixel[] = []
      paintCells(every, style, pooling, 0, 0, width, height, pixels, width, found)
      const x = NAN_AT.position >> pooling.columnsLog2
      const y = NAN_AT.traceIndex >> pooling.rowsLog2
      expect(found).toEqual([{ x, y, severity: 5 }])
      expect(pixels[y * width + x]).toBe(special.nan)
    }
  })

  it('a pooled pixel shows the largest of exactly its cells', () => {
    const pooling = { columnsLog2: 3, rowsLog2: 1 }
    const pixels = new Uint32Array(20 * 10)
    paintCells(every, style, pooling, 4, 2, 10, 5, pixels, 20, [])
    for (let y = 0; y < 5; y++) {
      for (let x = 0; x < 10; x++) {
        let largest = 0
        for (let row = (2 + y) * 2; row < (3 + y) * 2; row++) {
          for (let position = (4 + x) * 8; position < (5 + x) * 8; position++)
            largest = Math.max(largest, statistics.value('absmax', position, row))
        }
        expect(pixels[y * 20 + x]).toBe(largest)
      }
    }
    expect(pixels[10]).toBe(0)
  })

  it('layer x point: reading order is execution order; what does not exist is not applicable', () => {
    const matrix = new PointMatrix(statistics, NAN_AT.position)
    expect(matrix.find(NAN_AT)).toEqual({ row: 3, column: 3 })
    expect(matrix.address(3, 3)).toEqual(NAN_AT)
    const seen: number[] = []
    for (let row = 0; row < matrix.rows; row++) {
      for (let column = 0; column < matrix.columns; column++) {
        const address = matrix.address(row, column)
        if (address === undefined) continue
        seen.push(address.traceIndex)
        expect(matrix.find(address)).toEqual({ row, column })
      }
    }
    expect(seen).toEqual(Array.from({ length: statistics.rows }, (_, index) => index))
  })
})

describe('layout and hit-test', () => {
  const matrix = new PointMatrix(filled(1), 0)
  const layout = layoutHeatmap(900, 400, { left: 90, top: 40, right: 0 })
  const view = { left: 0, right: 16, top: 0, bottom: 5 }

  it('every drawn cell is hit at its middle', () => {
    for (let row = 0; row < matrix.rows; row++) {
      for (let column = 0; column < matrix.columns; column++) {
        const box = cellBox(layout.plot, view, row, column)
        expect(hitTest(layout, view, matrix, box.x + box.width / 2, box.y + box.height / 2)).toEqual({ kind: 'cell', row, column })
      }
    }
  })

  it('cells touch: no gap, no overlap', () => {
    for (let column = 0; column < 16; column++) {
      const box = cellBox(layout.plot, view, 0, column)
      expect(box.x + box.width).toBe(columnEdge(layout.plot, view, column + 1))
    }
  })

  it('labels, overview and nothing', () => {
    expect(hitTest(layout, view, matrix, 5, layout.plot.y + 1)).toEqual({ kind: 'row-label', row: 0 })
    expect(hitTest(layout, view, matrix, layout.overview.x + layout.overview.width / 2, layout.overview.y + 2)).toEqual({
      kind: 'overview',
      fraction: 0.5
    })
    expect(hitTest(layout, view, matrix, 5, 5)).toEqual({ kind: 'nothing' })
    expect([30, 12, 5, 1, 0.02].map((size) => labelStep(size, 13))).toEqual([1, 2, 5, 20, 1000])
  })
})
