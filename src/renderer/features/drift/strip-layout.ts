import type { DriftSteps } from '../../store/drift'

/** Rows a strip has at most; deeper models show groups of layers. */
const MOST_ROWS = 8

export interface DriftCells {
  readonly bars: number
  /** Tokens a bar stands for. */
  readonly perBar: number
  readonly rows: number
  /** Row-major, rows × bars: the largest relative error of the group; NaN where nothing was compared. */
  readonly errors: Float32Array
  /** Bars in which a favourite flipped. */
  readonly flips: readonly number[]
}

/** Cells of the tokens [from, to): the same columns as the strips above (play/strips.ts), last layers on top. */
export function layoutDrift(drift: DriftSteps, layers: number, from: number, to: number, width: number): DriftCells {
  const tokens = Math.max(0, to - from)
  const perBar = Math.max(1, Math.ceil(tokens / Math.max(1, Math.floor(width / 3))))
  const bars = Math.ceil(tokens / perBar)
  const rows = Math.min(MOST_ROWS, layers)
  const errors = new Float32Array(rows * bars).fill(Number.NaN)
  const flips: number[] = []
  for (let position = from; position < to; position++) {
    const step = drift.at(position - 1)
    if (step === undefined) continue
    const bar = Math.floor((position - from) / perBar)
    if (step.flip && flips.at(-1) !== bar) flips.push(bar)
    step.layerErrors.forEach((error, layer) => {
      const at = (rows - 1 - Math.floor((layer * rows) / layers)) * bars + bar
      const known = errors[at] as number
      if (Number.isNaN(known) || error > known || Number.isNaN(error)) errors[at] = Number.isNaN(error) ? Infinity : error
    })
  }
  return { bars, perBar, rows, errors, flips }
}
