import { describe, expect, it } from 'vitest'
import { cellAtPoint, centreOrFit, clampViewport, fitViewport, followEnd, panBy, reveal, zoomAt } from './viewport'

const extent = { columns: 1000, rows: 80 }

describe('viewport', () => {
  it('zooming keeps the cell under the pointer', () => {
    const pixels = { width: 800, height: 400 }
    let view = fitViewport(extent)
    for (const [x, y] of [
      [120, 80],
      [400, 200],
      [799, 399]
    ] as const) {
      const before = cellAtPoint(view, pixels, x, y)
      view = zoomAt(view, 1.7, 1.3, before.column, before.row, extent)
      const after = cellAtPoint(view, pixels, x, y)
      expect(after.column).toBeCloseTo(before.column, 9)
      expect(after.row).toBeCloseTo(before.row, 9)
    }
  })

  it('never leaves the matrix, and never zooms past a few cells', () => {
    let view = fitViewport(extent)
    for (let step = 0; step < 60; step++) view = zoomAt(view, 3, 3, 999.9, 0, extent)
    expect(view.right - view.left).toBeCloseTo(4)
    expect(view.right).toBeLessThanOrEqual(1000)
    expect(panBy(view, 1e9, -1e9, extent)).toMatchObject({ right: 1000, top: 0 })
    expect(clampViewport({ left: -5, right: 2000, top: -1, bottom: 500 }, extent)).toEqual(fitViewport(extent))
    expect(fitViewport({ columns: 0, rows: 0 })).toEqual({ left: 0, right: 1, top: 0, bottom: 1 })
  })

  it('reveals with the least movement', () => {
    const view = { left: 10, right: 20, top: 5, bottom: 15 }
    expect(reveal(view, 12, 8, extent)).toBe(view)
    expect(reveal(view, 20, 8, extent)).toEqual({ left: 11, right: 21, top: 5, bottom: 15 })
    expect(reveal(view, 3, 4, extent)).toEqual({ left: 3, right: 13, top: 4, bottom: 14 })
  })

  it('F centres first and fits the second time', () => {
    const view = { left: 10, right: 20, top: 5, bottom: 15 }
    const centred = centreOrFit(view, 500, 40, extent)
    expect(centred).toEqual({ left: 495.5, right: 505.5, top: 35.5, bottom: 45.5 })
    expect(centreOrFit(centred, 500, 40, extent)).toEqual(fitViewport(extent))
  })

  it('follows growth only where the end was in view', () => {
    const grown = { columns: 1010, rows: 80 }
    expect(followEnd(fitViewport(extent), extent, grown)).toMatchObject({ left: 0, right: 1010 })
    expect(followEnd({ left: 900, right: 1000, top: 0, bottom: 80 }, extent, grown)).toMatchObject({ left: 910, right: 1010 })
    const back = { left: 100, right: 200, top: 0, bottom: 80 }
    expect(followEnd(back, extent, grown)).toEqual(back)
    expect(followEnd({ left: 900, right: 1000, top: 0, bottom: 80 }, extent, { columns: 500, rows: 80 })).toMatchObject({
      left: 400,
      right: 500
    })
  })
})
