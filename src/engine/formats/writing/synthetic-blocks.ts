import type { DTypeName } from '../../../shared/model/dtype'
import { dtypeFacts } from '../../../shared/model/dtype'
import { bfloat16Bits, halfBits } from './float-bits'
import type { RandomBits } from './random'

/**
 * Random weights of one tensor: `overwrite` fills whole blocks with seeded values of mean about 0 and the wanted standard
 * deviation. Quantised blocks get random quants; only their scales are stamped, so a gigabyte takes about a second.
 */
export interface BlockSource {
  /** `words` covers a whole number of blocks, rounded up to whole words. */
  overwrite(words: Int32Array): void
}

export function createBlockSource(type: DTypeName, standardDeviation: number, random: RandomBits, mean = 0): BlockSource {
  if (type === 'F32') return floatSource(standardDeviation, mean, random)
  if (type === 'F16') return tableSource(halfBits, standardDeviation, mean, random)
  if (type === 'BF16') return tableSource(bfloat16Bits, standardDeviation, mean, random)
  const { blockBytes } = dtypeFacts(type)
  const stamp = STAMPS[type]
  return {
    overwrite: (words) => {
      random.fill(words)
      const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
      for (let at = 0; at + blockBytes <= bytes.length; at += blockBytes) stamp(bytes, at, standardDeviation)
    }
  }
}

/** Uniform in mean ± sqrt(3) standard deviations. */
function floatSource(standardDeviation: number, mean: number, random: RandomBits): BlockSource {
  const step = (standardDeviation * Math.sqrt(3)) / 2 ** 31
  return {
    overwrite: (words) => {
      random.fill(words)
      const floats = new Float32Array(words.buffer, words.byteOffset, words.length)
      for (let index = 0; index < words.length; index += 1) floats[index] = mean + (words[index] as number) * step
    }
  }
}

const TABLE_BITS = 12

/** The same distribution in 16-bit floats, from a table of 4096 values. */
function tableSource(encode: (value: number) => number, standardDeviation: number, mean: number, random: RandomBits): BlockSource {
  const size = 1 << TABLE_BITS
  const spread = standardDeviation * Math.sqrt(3)
  const table = Uint16Array.from({ length: size }, (_, index) => encode(mean + spread * ((2 * index + 1) / size - 1)))
  return {
    overwrite: (words) => {
      random.fill(words)
      const halves = new Uint16Array(words.buffer, words.byteOffset, words.length * 2)
      for (let index = 0; index < halves.length; index += 1)
        halves[index] = table[(halves[index] as number) >>> (16 - TABLE_BITS)] as number
    }
  }
}

type QuantisedType = Exclude<DTypeName, 'F32' | 'F16' | 'BF16'>

/** Writes the scales of one block of random bits so that its weights have the standard deviation. Layouts: native/base/dtype.h. */
type Stamp = (bytes: Uint8Array, at: number, standardDeviation: number) => void

function putHalf(bytes: Uint8Array, at: number, value: number): void {
  const bits = halfBits(value)
  bytes[at] = bits & 0xff
  bytes[at + 1] = bits >>> 8
}

/** Standard deviation of a whole number spread evenly over `count` values. */
const uniformDeviation = (count: number): number => Math.sqrt((count * count - 1) / 12)

/** Scale of blocks that vary a little from each other, as real ones do: 0.75 to 1.25 times, from a random byte. */
const vary = (value: number, randomByte: number): number => value * (0.75 + randomByte / 510)

const eitherSign = (value: number, randomByte: number): number => ((randomByte & 1) === 0 ? value : -value)

const STAMPS: Readonly<Record<QuantisedType, Stamp>> = {
  // Quants of -8..7 have a mean of -0.5: scales of both signs cancel it between blocks.
  Q4_0: (bytes, at, deviation) =>
    putHalf(bytes, at, eitherSign(vary(deviation / uniformDeviation(16), bytes[at] as number), bytes[at + 1] as number)),
  Q4_1: (bytes, at, deviation) => putScaleAndOffset(bytes, at, vary(deviation / uniformDeviation(16), bytes[at] as number), -7.5),
  Q5_0: (bytes, at, deviation) =>
    putHalf(bytes, at, eitherSign(vary(deviation / uniformDeviation(32), bytes[at] as number), bytes[at + 1] as number)),
  Q5_1: (bytes, at, deviation) => putScaleAndOffset(bytes, at, vary(deviation / uniformDeviation(32), bytes[at] as number), -15.5),
  Q8_0: (bytes, at, deviation) => putHalf(bytes, at, vary(deviation / uniformDeviation(256), bytes[at] as number)),
  // 4-bit scale and min made equal, dmin = mean quant * d: the mean of a group is 0.
  Q2_K: (bytes, at, deviation) => {
    for (let index = 0; index < 16; index += 1) {
      const scale = 8 | ((bytes[at + index] as number) & 7)
      bytes[at + index] = scale | (scale << 4)
    }
    putScaleAndOffset(bytes, at + 80, deviation / (uniformDeviation(4) * 11.7), 1.5)
  },
  // 6-bit scales of both signs: the quants' own mean of -0.5 cancels between groups.
  Q3_K: (bytes, at, deviation) => putHalf(bytes, at + 108, deviation / (uniformDeviation(8) * uniformDeviation(64))),
  Q4_K: (bytes, at, deviation) => {
    equalScalesAndMins(bytes, at + 4)
    putScaleAndOffset(bytes, at, deviation / (uniformDeviation(16) * K_SCALE_RMS), 7.5)
  },
  Q5_K: (bytes, at, deviation) => {
    equalScalesAndMins(bytes, at + 4)
    putScaleAndOffset(bytes, at, deviation / (uniformDeviation(32) * K_SCALE_RMS), 15.5)
  },
  Q6_K: (bytes, at, deviation) => putHalf(bytes, at + 208, deviation / (uniformDeviation(64) * uniformDeviation(256)))
}

function putScaleAndOffset(bytes: Uint8Array, at: number, scale: number, offsetInScales: number): void {
  putHalf(bytes, at, scale)
  putHalf(bytes, at + 2, scale * offsetInScales)
}

/** Root mean square of scales spread evenly over 32 to 63. */
const K_SCALE_RMS = 48.4

/**
 * The 12 bytes of Q4_K and Q5_K that pack eight 6-bit (scale, min) pairs, with scale = min in 32..63 for every pair:
 * pairs 0-3 in the low 6 bits of bytes 0-3 and 4-7; pairs 4-7 in nibbles of bytes 8-11 and the top 2 bits of bytes 0-7.
 */
function equalScalesAndMins(bytes: Uint8Array, at: number): void {
  for (let pair = 0; pair < 4; pair += 1) {
    const low = 32 | ((bytes[at + pair] as number) & 31)
    const high = 32 | ((bytes[at + 8 + pair] as number) & 31)
    bytes[at + pair] = low | ((high >>> 4) << 6)
    bytes[at + 4 + pair] = low | ((high >>> 4) << 6)
    bytes[at + 8 + pair] = (high & 15) | ((high & 15) << 4)
  }
}
