import { useMemo, useRef } from 'react'
import type { RunColumns } from '../../../store/run-columns'
import { useRunVocabulary } from '../../../store/use-run'
import { tokenDisplay } from '../token-facts'
import { type Measure, TokenLayout } from './layout'

export const LANE_FONT_PIXELS = 15
export const LANE_LINE_PIXELS = 26
const LANE_FONT = `${LANE_FONT_PIXELS}px "IBM Plex Sans", system-ui, sans-serif`

let context: CanvasRenderingContext2D | undefined
/** Widths in the lane's own font, by a canvas: no layout of the document is asked for. */
const measure: Measure = (text) => {
  context ??= document.createElement('canvas').getContext('2d') ?? undefined
  if (context === undefined) return text.length * 8
  context.font = LANE_FONT
  return context.measureText(text).width
}

interface Made {
  readonly columns: RunColumns
  readonly layout: TokenLayout
  readonly width: number
  readonly from: number
  readonly fonts: boolean
  readonly vocabulary: unknown
}

/** Lines of the run from token `from` on. Grows with the run; made anew for another run, width or font. */
export function useLayout(columns: RunColumns | undefined, width: number, from: number, fontsReady: boolean): TokenLayout | undefined {
  const made = useRef<Made | undefined>(undefined)
  const vocabulary = useRunVocabulary(columns)
  const revision = columns?.revision ?? -1
  return useMemo(() => {
    if (columns === undefined || width <= 0 || revision < 0) return undefined
    const known = made.current
    const reusable =
      known?.columns === columns &&
      known.width === width &&
      known.from === from &&
      known.fonts === fontsReady &&
      known.vocabulary === vocabulary &&
      known.layout.tokenCount <= columns.tokenCount - from
    const layout = reusable ? known.layout : new TokenLayout(measure, width)
    for (let position = from + layout.tokenCount; position < columns.tokenCount; position++) {
      const { text, sign } = tokenDisplay(columns, vocabulary, position)
      if (sign) layout.appendSign(text)
      else layout.append(text)
    }
    made.current = { columns, layout, width, from, fonts: fontsReady, vocabulary }
    return layout
  }, [columns, width, from, fontsReady, vocabulary, revision])
}
