import type { ReactNode } from 'react'
import { cssColor } from './color'
import { type PaletteName, palette, type Theme } from './palette'

interface ScaleLegendProps {
  readonly low: string
  readonly high: string
  readonly theme: Theme
  readonly paletteName?: PaletteName
  /** What the colours mean. */
  readonly children: ReactNode
}

/** The colours of an error picture from least to most, with both ends named. */
export const ScaleLegend = ({ low, high, theme, paletteName = 'viridis', children }: ScaleLegendProps) => (
  <span className="inline-flex flex-wrap items-center gap-x-2 text-xs text-muted">
    <span className="inline-flex items-center gap-2">
      <span className="num whitespace-nowrap">{low}</span>
      <span
        aria-hidden
        className="h-2 w-40 rounded-sm forced-color-adjust-none"
        style={{
          background: `linear-gradient(to right, ${palette(paletteName, theme)
            .colors.filter((_, step) => step % 15 === 0)
            .map((color) => cssColor(color))
            .join(',')})`
        }}
      />
      <span className="num whitespace-nowrap">{high}</span>
    </span>
    <span>{children}</span>
  </span>
)
