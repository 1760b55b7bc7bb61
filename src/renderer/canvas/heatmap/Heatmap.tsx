import type { KeyboardEvent, PointerEvent } from 'react'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { TraceField } from '../../../shared/model/trace-points'
import type { CellMatrix } from '../../statistics'
import type { CanvasHandle } from '../Canvas'
import { Canvas } from '../Canvas'
import { CELL_COLORS, type PaletteName, palette, type Theme } from '../palette'
import type { Scale } from '../scale'
import type { Viewport } from '../viewport'
import { fitViewport, followEnd, panBy, reveal, zoomAt } from '../viewport'
import { specialWords } from './cell-painter'
import { makeColorMapper } from './color-mapper'
import type { Cell, RowGroups } from './draw'
import { drawHeatmap } from './draw'
import { hitTest } from './hit'
import type { GutterSizes, HeatmapLayout } from './layout'
import { inside, layoutHeatmap } from './layout'
import { navigate } from './navigation'
import { TileCache } from './tile-cache'

export interface HeatmapProps {
  readonly label: string
  /** Says how to move about; read to people who cannot see the picture. */
  readonly instructions: string
  readonly matrix: CellMatrix
  readonly field: TraceField
  readonly scale: Scale
  readonly paletteName: PaletteName
  readonly theme: Theme
  readonly gutters: GutterSizes
  readonly rowLabel: (row: number) => string
  readonly columnLabel: (column: number) => string
  readonly columnLabelWidth: number
  readonly slantedColumnLabels?: boolean
  readonly startsGroup?: (row: number) => boolean
  readonly rowGroups?: RowGroups | undefined
  readonly cursor: Cell | undefined
  readonly ghost: Cell | undefined
  readonly onCursor: (cell: Cell) => void
  readonly onHover: (cell: Cell | undefined) => void
  /** Enter on the cursor, or a double click. */
  readonly onActivate?: (cell: Cell) => void
  /** Other keys; true when it was one. Letters alone only when the person allows them. */
  readonly onKey?: (event: KeyboardEvent) => boolean
  readonly letterKeys: boolean
  /** Calls back when the matrix changed; gives the function that stops it. */
  readonly subscribe: (changed: () => void) => () => void
  /** Told the visible part when it changes, for a linked picture; and obeys `view` when given. */
  readonly onView?: (view: Viewport) => void
  readonly view?: Viewport | undefined
}

interface Drag {
  readonly x: number
  readonly y: number
  readonly view: Viewport
  moved: boolean
}

const WHEEL_ZOOM = 0.0016
const DRAG_THRESHOLD_PIXELS = 4

/** A zoomable picture of a matrix of cells: painted outside React, moved by mouse, wheel and keyboard. */
export function Heatmap(props: HeatmapProps) {
  const { matrix, field, scale, paletteName, theme, gutters } = props
  const [handle, setHandle] = useState<CanvasHandle | undefined>(undefined)
  const [focused, setFocused] = useState(false)
  const colors = CELL_COLORS[theme]
  const tiles = useMemo(
    () => new TileCache(matrix, { field, map: makeColorMapper(scale, palette(paletteName, theme).words), special: specialWords(colors) }),
    [matrix, field, scale, paletteName, theme, colors]
  )
  const live = useRef({
    view: fitViewport(matrix),
    extent: { columns: matrix.columns, rows: matrix.rows },
    matrix,
    layout: layoutHeatmap(1, 1, gutters)
  })
  const drag = useRef<Drag | undefined>(undefined)
  const latest = useRef(props)
  useEffect(() => {
    latest.current = props
  })

  const setView = (view: Viewport): void => {
    live.current.view = view
    latest.current.onView?.(view)
    handle?.repaint()
  }

  // A matrix of another shape starts with everything in view; one that only grew is followed at its end.
  useEffect(() => {
    const state = live.current
    if (state.matrix !== matrix) {
      const same = state.matrix.rows === matrix.rows && state.matrix.pooledLevels === matrix.pooledLevels
      state.matrix = matrix
      if (!same) state.view = fitViewport(matrix)
      state.extent = { columns: matrix.columns, rows: matrix.rows }
    }
    const changed = (): void => {
      const now = { columns: matrix.columns, rows: matrix.rows }
      state.view = followEnd(state.view, state.extent, now)
      state.extent = now
      handle?.repaint()
    }
    changed()
    return latest.current.subscribe(changed)
  }, [matrix, handle])

  const { view: givenView, cursor } = props
  useEffect(() => {
    if (givenView === undefined || givenView === live.current.view) return
    live.current.view = givenView
    handle?.repaint()
  }, [givenView, handle])

  const cursorRow = cursor?.row
  const cursorColumn = cursor?.column
  useEffect(() => {
    if (cursorRow === undefined || cursorColumn === undefined || drag.current !== undefined) return
    const state = live.current
    state.view = reveal(state.view, cursorColumn, cursorRow, state.extent)
    handle?.repaint()
  }, [cursorRow, cursorColumn, handle])

  useEffect(() => {
    if (handle === undefined) return undefined
    const { element } = handle
    const wheel = (event: WheelEvent): void => {
      event.preventDefault()
      const { view, extent, layout } = live.current
      const { plot } = layout
      const columns = view.right - view.left
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        setView(panBy(view, ((event.deltaX || event.deltaY) / plot.width) * columns, 0, extent))
        return
      }
      const column = view.left + ((event.offsetX - plot.x) / plot.width) * columns
      const row = view.top + ((event.offsetY - plot.y) / plot.height) * (view.bottom - view.top)
      const factor = Math.exp(-event.deltaY * WHEEL_ZOOM)
      const rows = event.ctrlKey || event.altKey
      setView(zoomAt(view, rows ? 1 : factor, rows ? factor : 1, column, row, extent))
    }
    element.addEventListener('wheel', wheel, { passive: false })
    return () => element.removeEventListener('wheel', wheel)
  })

  const draw = (context: CanvasRenderingContext2D, width: number, height: number): boolean => {
    const layout: HeatmapLayout = layoutHeatmap(width, height, gutters)
    live.current.layout = layout
    return drawHeatmap(
      context,
      width,
      height,
      {
        matrix,
        field,
        layout,
        view: live.current.view,
        colors,
        rowLabel: props.rowLabel,
        columnLabel: props.columnLabel,
        columnLabelWidth: props.columnLabelWidth,
        slantedColumnLabels: props.slantedColumnLabels === true,
        startsGroup: props.startsGroup ?? (() => false),
        rowGroups: props.rowGroups,
        cursor: props.cursor,
        ghost: props.ghost,
        focused
      },
      tiles
    )
  }

  const cellAt = (event: PointerEvent<HTMLCanvasElement>): Cell | undefined => {
    const { layout, view } = live.current
    const hit = hitTest(layout, view, matrix, event.nativeEvent.offsetX, event.nativeEvent.offsetY)
    return hit.kind === 'cell' && matrix.address(hit.row, hit.column) !== undefined ? { row: hit.row, column: hit.column } : undefined
  }

  const onPointerDown = (event: PointerEvent<HTMLCanvasElement>): void => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    const { layout, view, extent } = live.current
    const hit = hitTest(layout, view, matrix, event.nativeEvent.offsetX, event.nativeEvent.offsetY)
    if (hit.kind === 'overview') {
      const middle = hit.fraction * extent.columns
      setView(panBy(view, middle - (view.left + view.right) / 2, 0, extent))
    }
    drag.current = { x: event.clientX, y: event.clientY, view: live.current.view, moved: false }
  }

  const onPointerMove = (event: PointerEvent<HTMLCanvasElement>): void => {
    const { layout, extent } = live.current
    const start = drag.current
    if (start !== undefined) {
      const dx = event.clientX - start.x
      const dy = event.clientY - start.y
      if (Math.hypot(dx, dy) > DRAG_THRESHOLD_PIXELS) start.moved = true
      if (!start.moved) return
      const columns = start.view.right - start.view.left
      const rows = start.view.bottom - start.view.top
      setView(panBy(start.view, (-dx / layout.plot.width) * columns, (-dy / layout.plot.height) * rows, extent))
      return
    }
    props.onHover(inside(layout.plot, event.nativeEvent.offsetX, event.nativeEvent.offsetY) ? cellAt(event) : undefined)
  }

  const onPointerUp = (event: PointerEvent<HTMLCanvasElement>): void => {
    const start = drag.current
    drag.current = undefined
    if (start === undefined || start.moved) return
    const cell = cellAt(event)
    if (cell !== undefined) props.onCursor(cell)
  }

  const onKeyDown = (event: KeyboardEvent<HTMLCanvasElement>): void => {
    if (event.altKey || event.metaKey) return
    const take = (): void => {
      event.preventDefault()
      event.stopPropagation()
    }
    if (event.key === 'Enter' && props.cursor !== undefined && props.onActivate !== undefined) {
      take()
      props.onActivate(props.cursor)
      return
    }
    const letter = event.key.length === 1
    if (letter && !props.letterKeys) return
    const outcome = navigate(event.key, event.shiftKey, event.ctrlKey, { view: live.current.view, cursor: props.cursor }, matrix)
    if (outcome === undefined) {
      if (props.onKey?.(event) === true) take()
      return
    }
    take()
    setView(outcome.view)
    if (outcome.kind === 'cursor') props.onCursor(outcome.cursor)
  }

  return (
    <Canvas
      role="application"
      aria-roledescription="heatmap"
      aria-label={props.label}
      aria-description={props.instructions}
      tabIndex={0}
      draw={draw}
      onReady={setHandle}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={() => (drag.current = undefined)}
      onPointerLeave={() => props.onHover(undefined)}
      onDoubleClick={() => props.cursor !== undefined && props.onActivate?.(props.cursor)}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
      onKeyDown={onKeyDown}
      className="block h-full w-full cursor-crosshair touch-none -outline-offset-2 select-none"
    />
  )
}
