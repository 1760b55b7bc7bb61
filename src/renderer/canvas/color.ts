/** Colour arithmetic for the palettes: OKLab for even steps, and simulation of colour-blind sight to check them. */

/** sRGB, each 0..255. */
export type Rgb = readonly [red: number, green: number, blue: number]
type Triple = readonly [number, number, number]

const toLinear = (channel: number): number => {
  const c = channel / 255
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
}
const toGamma = (linear: number): number => {
  const c = linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055
  return Math.min(255, Math.max(0, Math.round(c * 255)))
}
const multiply = (m: readonly Triple[], v: Triple): Triple =>
  m.map((row) => row[0] * v[0] + row[1] * v[1] + row[2] * v[2]) as unknown as Triple

// Björn Ottosson, "A perceptual color space for image processing" (2020).
const RGB_TO_LMS: readonly Triple[] = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005]
]
const LMS_TO_LAB: readonly Triple[] = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766]
]
const LAB_TO_LMS: readonly Triple[] = [
  [1, 0.3963377774, 0.2158037573],
  [1, -0.1055613458, -0.0638541728],
  [1, -0.0894841775, -1.291485548]
]
const LMS_TO_RGB: readonly Triple[] = [
  [4.0767416621, -3.3077115913, 0.2309699292],
  [-1.2684380046, 2.6097574011, -0.3413193965],
  [-0.0041960863, -0.7034186147, 1.707614701]
]

/** OKLab: lightness 0..1 and two opponent axes; Euclidean distance is about even in sight. */
export function toOklab([r, g, b]: Rgb): Triple {
  const lms = multiply(RGB_TO_LMS, [toLinear(r), toLinear(g), toLinear(b)]).map(Math.cbrt) as unknown as Triple
  return multiply(LMS_TO_LAB, lms)
}

export function fromOklab(lab: Triple): Rgb {
  const lms = multiply(LAB_TO_LMS, lab).map((x) => x ** 3) as unknown as Triple
  return multiply(LMS_TO_RGB, lms).map(toGamma) as unknown as Rgb
}

export function colorDistance(a: Rgb, b: Rgb): number {
  const [l1, a1, b1] = toOklab(a)
  const [l2, a2, b2] = toOklab(b)
  return Math.hypot(l1 - l2, a1 - a2, b1 - b2)
}

/** WCAG 2.2 relative luminance and contrast ratio. */
export const luminance = ([r, g, b]: Rgb): number => 0.2126 * toLinear(r) + 0.7152 * toLinear(g) + 0.0722 * toLinear(b)
export function contrast(a: Rgb, b: Rgb): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

export type ColorBlindness = 'protanopia' | 'deuteranopia' | 'tritanopia'

// Machado, Oliveira, Fernandes (2009), severity 1.0, applied to linear RGB.
const MACHADO: Readonly<Record<ColorBlindness, readonly Triple[]>> = {
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998]
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881]
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039]
  ]
}

export const simulate = (color: Rgb, blindness: ColorBlindness): Rgb =>
  multiply(MACHADO[blindness], color.map(toLinear) as unknown as Triple).map(toGamma) as unknown as Rgb

export const cssColor = ([r, g, b]: Rgb, alpha = 1): string => (alpha === 1 ? `rgb(${r} ${g} ${b})` : `rgb(${r} ${g} ${b} / ${alpha})`)
