import type { RandomBits } from '../writing/random'
import { INTERESTING_INTEGERS, pick } from './interesting'

/** One to four damages to raw bytes, most of them near the front, where headers are. */
export function mutateBytes(random: RandomBits, bytes: Uint8Array): Uint8Array {
  let result: Uint8Array = Uint8Array.from(bytes)
  const rounds = 1 + random.below(4)
  for (let round = 0; round < rounds && result.length > 0; round += 1) result = mutateOnce(random, result)
  return result
}

function mutateOnce(random: RandomBits, bytes: Uint8Array): Uint8Array {
  const reach = random.below(2) === 0 ? Math.min(bytes.length, 512) : bytes.length
  const at = random.below(reach)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  switch (random.below(7)) {
    case 0:
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8))
      return bytes
    case 1:
      bytes[at] = random.below(256)
      return bytes
    case 2:
      if (at + 4 <= bytes.length) view.setUint32(at, Number(BigInt.asUintN(32, pick(random, INTERESTING_INTEGERS))), true)
      return bytes
    case 3:
      if (at + 8 <= bytes.length) view.setBigUint64(at, pick(random, INTERESTING_INTEGERS), true)
      return bytes
    case 4:
      return bytes.slice(0, at)
    case 5: {
      const length = 1 + random.below(32)
      return Uint8Array.from(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]))
    }
    default: {
      const from = random.below(bytes.length)
      const length = 1 + random.below(64)
      return Uint8Array.from(Buffer.concat([bytes.subarray(0, at), bytes.subarray(from, from + length), bytes.subarray(at)]))
    }
  }
}
