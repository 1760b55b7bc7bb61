import { VALUE_TYPES } from '../gguf/value-types'
import type { GgufEntry, GgufHeaderSpec, GgufTensorRecord } from '../writing/gguf-encoder'
import type { RandomBits } from '../writing/random'
import { changeOne, chance, INTERESTING_FLOATS, INTERESTING_INTEGERS, pick, rearrange } from './interesting'

/** One to three changes to the structure of a header: still well-formed bytes, saying something else. */
export function mutateGguf(random: RandomBits, spec: GgufHeaderSpec): GgufHeaderSpec {
  let result = spec
  const rounds = 1 + random.below(3)
  for (let round = 0; round < rounds; round += 1) result = mutateOnce(random, result)
  return result
}

function mutateOnce(random: RandomBits, spec: GgufHeaderSpec): GgufHeaderSpec {
  switch (random.below(8)) {
    case 0:
      return { ...spec, entries: rearrange(random, spec.entries) }
    case 1:
      return { ...spec, tensors: rearrange(random, spec.tensors) }
    case 2:
    case 3:
      return { ...spec, entries: changeOne(random, spec.entries, (entry) => mutateEntry(random, entry)) }
    case 4:
    case 5:
      return { ...spec, tensors: changeOne(random, spec.tensors, (tensor) => mutateTensor(random, tensor, spec.tensors)) }
    case 6:
      return chance(random, 2)
        ? { ...spec, tensorCount: pick(random, INTERESTING_INTEGERS) }
        : { ...spec, entryCount: pick(random, INTERESTING_INTEGERS) }
    default:
      return { ...spec, version: random.below(5), alignmentBytes: pick(random, [0, 8, 32, 64]) }
  }
}

function mutateEntry(random: RandomBits, entry: GgufEntry): GgufEntry {
  const key = entry.key
  if (chance(random, 4)) {
    const type = pick(random, VALUE_TYPES).name
    if (type === 'string') return { key, type, value: pick(random, ['', 'llama', 'yarn', 'x'.repeat(300), '\u0000']) }
    if (type === 'array') return { key, type, of: 'u32', values: Array.from({ length: random.below(5) }, () => random.below(300)) }
    const float = type === 'f32' || type === 'f64'
    return { key, type, value: float ? pick(random, INTERESTING_FLOATS) : pick(random, INTERESTING_INTEGERS) }
  }
  if (entry.type === 'string') {
    return {
      ...entry,
      value: pick(random, ['', 'llama', 'qwen2', 'qwen3', 'falcon', 'gpt2', 'linear', '\ufffd', Uint8Array.of(0xc3, 0x28)])
    }
  }
  if (entry.type === 'array') return mutateArray(random, entry)
  const float = entry.type === 'f32' || entry.type === 'f64'
  return { ...entry, value: float ? pick(random, INTERESTING_FLOATS) : pick(random, INTERESTING_INTEGERS) }
}

function mutateArray(random: RandomBits, entry: Extract<GgufEntry, { type: 'array' }>): GgufEntry {
  if (entry.of === 'string') {
    const texts = chance(random, 2) ? rearrange(random, entry.values) : entry.values.slice(0, random.below(entry.values.length + 1))
    return { ...entry, values: texts }
  }
  const values = Array.from(entry.values)
  if (values.length > 0 && chance(random, 2)) {
    values[random.below(values.length)] = entry.of === 'f32' ? pick(random, INTERESTING_FLOATS) : pick(random, INTERESTING_INTEGERS)
    return { ...entry, values }
  }
  return { ...entry, values: values.slice(0, random.below(values.length + 1)) }
}

function mutateTensor(random: RandomBits, tensor: GgufTensorRecord, all: readonly GgufTensorRecord[]): GgufTensorRecord {
  switch (random.below(6)) {
    case 0:
      return { ...tensor, name: pick(random, [pick(random, all).name, '', 'x'.repeat(70), Uint8Array.of(0xff)]) }
    case 1:
      return { ...tensor, typeId: random.below(45) }
    case 2:
      return { ...tensor, dataOffset: pick(random, INTERESTING_INTEGERS) }
    case 3:
      return { ...tensor, dataOffset: pick(random, all).dataOffset }
    case 4:
      return { ...tensor, shape: changeOne(random, tensor.shape, () => pick(random, INTERESTING_INTEGERS)) }
    default:
      return { ...tensor, shape: rearrange(random, tensor.shape) }
  }
}
