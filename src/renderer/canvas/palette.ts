import type { Rgb } from './color'
import { fromOklab, toOklab } from './color'

export const PALETTE_STEPS = 256
export type Theme = 'light' | 'dark' | 'contrast'
export type PaletteName = 'cividis' | 'viridis' | 'blue-orange'

/** 256 colours as little-endian RGBA words, as a canvas' ImageData wants them, and the same as triples. */
export interface Palette {
  readonly name: PaletteName
  readonly colors: readonly Rgb[]
  readonly words: Uint32Array
}

/** Stops of the sequential maps, sampled evenly from their published definitions; what lies between is interpolated in OKLab. */
const SEQUENTIAL: Readonly<Record<'cividis' | 'viridis', readonly Rgb[]>> = {
  cividis: [
    [0, 34, 78],
    [42, 63, 109],
    [87, 93, 109],
    [124, 123, 120],
    [165, 156, 116],
    [209, 193, 96],
    [254, 232, 56]
  ],
  viridis: [
    [68, 1, 84],
    [68, 57, 131],
    [49, 104, 142],
    [33, 145, 140],
    [53, 183, 121],
    [144, 215, 67],
    [253, 231, 37]
  ]
}

/** Signed values: blue below zero, orange above, the page's own neutral in the middle; the two arms are equally strong. */
const DIVERGING: Readonly<Record<Theme, readonly Rgb[]>> = {
  light: [
    [5, 58, 122],
    [56, 126, 200],
    [156, 196, 233],
    [245, 245, 244],
    [247, 190, 130],
    [214, 116, 18],
    [128, 56, 0]
  ],
  dark: [
    [150, 205, 255],
    [62, 136, 214],
    [34, 76, 122],
    [38, 39, 43],
    [118, 66, 16],
    [210, 120, 28],
    [255, 205, 140]
  ],
  contrast: [
    [170, 215, 255],
    [70, 146, 226],
    [30, 72, 120],
    [24, 24, 26],
    [116, 62, 12],
    [220, 126, 30],
    [255, 212, 150]
  ]
}

function interpolate(stops: readonly Rgb[]): Rgb[] {
  const labs = stops.map(toOklab)
  return Array.from({ length: PALETTE_STEPS }, (_, step) => {
    const at = (step / (PALETTE_STEPS - 1)) * (labs.length - 1)
    const left = Math.min(labs.length - 2, Math.floor(at))
    const a = labs[left] as readonly [number, number, number]
    const b = labs[left + 1] as readonly [number, number, number]
    const t = at - left
    return fromOklab([a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t])
  })
}

/** Opaque colour as the word that ImageData holds on a little-endian machine. */
export const colorWord = ([r, g, b]: Rgb, alpha = 255): number => ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0

const made = new Map<string, Palette>()

export function palette(name: PaletteName, theme: Theme): Palette {
  const key = name === 'blue-orange' ? `${name}/${theme}` : name
  let found = made.get(key)
  if (found === undefined) {
    const colors = interpolate(name === 'blue-orange' ? DIVERGING[theme] : SEQUENTIAL[name])
    found = { name, colors, words: Uint32Array.from(colors, (color) => colorWord(color)) }
    made.set(key, found)
  }
  return found
}

/** What a canvas needs beyond the ramp. NaN's magenta is in no ramp; infinities take the strongest tone of the theme. */
export interface CellColors {
  readonly nan: Rgb
  readonly infinity: Rgb
  readonly saturated: Rgb
  readonly background: Rgb
  readonly faint: Rgb
  readonly text: Rgb
  readonly cursor: Rgb
}

/** Backgrounds and text are those of app/theme.css; a test holds the two together. */
export const CELL_COLORS: Readonly<Record<Theme, CellColors>> = {
  light: {
    nan: [181, 0, 125],
    infinity: [10, 10, 12],
    saturated: [181, 0, 125],
    background: [255, 255, 255],
    faint: [205, 210, 215],
    text: [67, 76, 83],
    cursor: [20, 24, 27]
  },
  dark: {
    nan: [255, 122, 209],
    infinity: [255, 255, 255],
    saturated: [255, 122, 209],
    background: [21, 25, 28],
    faint: [58, 66, 72],
    text: [176, 186, 193],
    cursor: [255, 255, 255]
  },
  contrast: {
    nan: [255, 143, 220],
    infinity: [255, 255, 255],
    saturated: [255, 143, 220],
    background: [0, 0, 0],
    faint: [143, 143, 143],
    text: [240, 240, 240],
    cursor: [255, 225, 0]
  }
}
