/**
 * Slow, obvious TypeScript readings of the two block types the phase-3 report promises exactness for. They share no code
 * with the native dequantisers and exist to be compared with them, bit for bit. Layouts: ggml, src/ggml-common.h.
 */

/** IEEE 754 binary16 to a number, exactly. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

const half = (bytes: Uint8Array, at: number): number => halfToNumber((bytes[at] as number) | ((bytes[at + 1] as number) << 8))
const f32 = Math.fround

/** Q4_K: f16 d, f16 dmin, 12 bytes of eight 6-bit (scale, min) pairs, 128 bytes of nibbles. w = (d·scale)·q - dmin·min. */
export function dequantiseQ4K(blocks: Uint8Array): Float32Array {
  const count = blocks.length / 144
  const weights = new Float32Array(count * 256)
  for (let block = 0; block < count; block += 1) {
    const at = block * 144
    const d = half(blocks, at)
    const dmin = half(blocks, at + 2)
    const packed = (index: number): number => blocks[at + 4 + index] as number
    for (let group = 0; group < 8; group += 1) {
      const scale = group < 4 ? packed(group) & 63 : (packed(group + 4) & 15) | ((packed(group - 4) >> 6) << 4)
      const minimum = group < 4 ? packed(group + 4) & 63 : (packed(group + 4) >> 4) | ((packed(group) >> 6) << 4)
      const groupScale = f32(d * scale)
      const groupMinimum = f32(dmin * minimum)
      for (let i = 0; i < 32; i += 1) {
        const byte = blocks[at + 16 + Math.floor(group / 2) * 32 + i] as number
        const q = group % 2 === 0 ? byte & 15 : byte >> 4
        weights[block * 256 + group * 32 + i] = f32(f32(groupScale * q) - groupMinimum)
      }
    }
  }
  return weights
}

/** Q6_K: 128 bytes of low nibbles, 64 of high bit pairs, 16 signed scales, f16 d. w = d·scale·(q - 32). */
export function dequantiseQ6K(blocks: Uint8Array): Float32Array {
  const count = blocks.length / 210
  const weights = new Float32Array(count * 256)
  for (let block = 0; block < count; block += 1) {
    const at = block * 210
    const d = half(blocks, at + 208)
    for (let i = 0; i < 256; i += 1) {
      const side = Math.floor(i / 128)
      const quarter = Math.floor((i % 128) / 32)
      const l = i % 32
      const low = blocks[at + side * 64 + (quarter % 2) * 32 + l] as number
      const high = blocks[at + 128 + side * 32 + l] as number
      const q = ((quarter < 2 ? low & 15 : low >> 4) | (((high >> (2 * quarter)) & 3) << 4)) - 32
      const scaleByte = blocks[at + 192 + Math.floor(i / 16)] as number
      const scale = scaleByte > 127 ? scaleByte - 256 : scaleByte
      weights[block * 256 + i] = f32(f32(d * scale) * q)
    }
  }
  return weights
}
