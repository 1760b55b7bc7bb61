import type { Scale } from '../scale'
import { paletteStep } from '../scale'

/** Maps a run of values to colour words. */
export type ColorMapper = (value: number) => number

const bits = new Uint32Array(1)
const float = new Float32Array(bits.buffer)

/**
 * A value's colour in a few nanoseconds. Linear scales are one multiplication; the others look the colour up by the top 16
 * bits of the f32 (sign, exponent, 7 bits of mantissa: 0.8 % steps), which costs one table of 65,536 words a change of scale
 * instead of a logarithm a cell.
 */
export function makeColorMapper(scale: Scale, colors: Uint32Array): ColorMapper {
  const steps = colors.length
  if (scale.kind === 'linear') {
    const { low, high } = scale.domain
    const factor = steps / (high - low)
    return (value) => {
      const step = (value - low) * factor
      return colors[step >= steps ? steps - 1 : step > 0 ? step | 0 : 0] as number
    }
  }
  const table = new Uint32Array(65_536)
  for (let top = 0; top < 65_536; top++) {
    // The middle of the interval that the low 16 bits span.
    bits[0] = ((top << 16) | 0x8000) >>> 0
    const value = float[0] as number
    table[top] = colors[Number.isNaN(value) ? 0 : paletteStep(scale, value, steps)] as number
  }
  const zero = colors[paletteStep(scale, 0, steps)] as number
  table[0] = zero
  table[0x8000] = zero
  return (value) => {
    float[0] = value
    return table[(bits[0] as number) >>> 16] as number
  }
}
