import { describe, expect, it } from 'vitest'
import type { ColorBlindness, Rgb } from './color'
import { colorDistance, contrast, fromOklab, simulate, toOklab } from './color'
import type { PaletteName, Theme } from './palette'
import { CELL_COLORS, colorWord, PALETTE_STEPS, palette } from './palette'

const BLINDNESS: readonly (ColorBlindness | 'none')[] = ['none', 'protanopia', 'deuteranopia', 'tritanopia']
const seen = (color: Rgb, blindness: ColorBlindness | 'none') => (blindness === 'none' ? color : simulate(color, blindness))
const THEMES: readonly Theme[] = ['light', 'dark', 'contrast']
const SEQUENTIAL: readonly PaletteName[] = ['cividis', 'viridis']

describe('palettes', () => {
  it('OKLab goes there and back', () => {
    for (const color of [
      [0, 0, 0],
      [255, 255, 255],
      [12, 200, 77],
      [254, 232, 56]
    ] as const)
      expect(fromOklab(toOklab(color))).toEqual(color)
  })

  it.each(SEQUENTIAL)('%s grows lighter at every step, for every kind of sight', (name) => {
    const { colors } = palette(name, 'light')
    expect(colors).toHaveLength(PALETTE_STEPS)
    for (const blindness of BLINDNESS) {
      const lightness = colors.map((color) => toOklab(seen(color, blindness))[0])
      for (let step = 4; step < PALETTE_STEPS; step++) expect(lightness[step] as number).toBeGreaterThan(lightness[step - 4] as number)
      expect((lightness[255] as number) - (lightness[0] as number)).toBeGreaterThan(0.5)
    }
  })

  it.each(SEQUENTIAL)('%s: an eighth of the scale is told apart by every kind of sight', (name) => {
    const { colors } = palette(name, 'light')
    for (const blindness of BLINDNESS) {
      for (let step = 0; step + 32 < PALETTE_STEPS; step++) {
        expect(colorDistance(seen(colors[step] as Rgb, blindness), seen(colors[step + 32] as Rgb, blindness))).toBeGreaterThan(0.045)
      }
    }
  })

  it.each(THEMES)('blue-orange (%s): arms are told apart, the middle is neutral, both arms are equally strong', (theme) => {
    const { colors } = palette('blue-orange', theme)
    const middle = toOklab(colors[128] as Rgb)
    expect(Math.hypot(middle[1], middle[2])).toBeLessThan(0.02)
    for (const blindness of BLINDNESS) {
      for (let step = 1; step <= 96; step++) {
        const below = seen(colors[127 - step] as Rgb, blindness)
        const above = seen(colors[128 + step] as Rgb, blindness)
        if (step > 40) expect(colorDistance(below, above)).toBeGreaterThan(0.1)
        expect(Math.abs(toOklab(colors[127 - step] as Rgb)[0] - toOklab(colors[128 + step] as Rgb)[0])).toBeLessThan(0.12)
      }
    }
  })

  it.each(THEMES)('NaN is on no ramp, and infinities stand out from the page (%s)', (theme) => {
    const { nan, infinity, background, text } = CELL_COLORS[theme]
    for (const name of ['cividis', 'viridis', 'blue-orange'] as const) {
      for (const color of palette(name, theme).colors) expect(colorDistance(nan, color)).toBeGreaterThan(0.15)
    }
    expect(contrast(infinity, background)).toBeGreaterThan(10)
    expect(contrast(nan, background)).toBeGreaterThan(3)
    expect(contrast(text, background)).toBeGreaterThan(4.5)
  })

  it('packs colours as ImageData holds them', () => {
    const word = Uint32Array.of(colorWord([1, 2, 3]))
    expect([...new Uint8Array(word.buffer)]).toEqual([1, 2, 3, 255])
  })
})
