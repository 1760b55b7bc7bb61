import type { TracePoint } from '../../shared/model/trace-points'
import type { Slice } from './slice'

/**
 * The one cursor that every view shows and may move. Undefined parts mean "nothing chosen at this depth".
 * `token` counts positions of the run from 0 (prompt first); `layer` is -1 for embedding and the layer count for
 * final_norm and logits, as in tracePointAt.
 */
export interface Cursor {
  readonly run: string | undefined
  readonly token: number | undefined
  readonly layer: number | undefined
  readonly point: TracePoint | undefined
  readonly element: number | undefined
}

export interface CursorSlice {
  readonly cursor: Cursor
  /** What the pointer is over: shown as a ghost, moved by no click. */
  readonly hover: Cursor
  readonly moveCursor: (part: Partial<Cursor>) => void
  readonly moveHover: (part: Partial<Cursor>) => void
}

export const EMPTY_CURSOR: Cursor = { run: undefined, token: undefined, layer: undefined, point: undefined, element: undefined }

export const cursorSlice: Slice<CursorSlice> = (set) => ({
  cursor: EMPTY_CURSOR,
  hover: EMPTY_CURSOR,
  moveCursor: (part) => set((state) => ({ cursor: { ...state.cursor, ...part } })),
  moveHover: (part) => set((state) => ({ hover: { ...state.hover, ...part } }))
})
