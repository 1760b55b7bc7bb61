import { isJsonObject } from '../json'
import type { RandomBits } from '../writing/random'
import { chance, pick } from './interesting'

/** JSON text with one to three values changed, removed or of another kind; numbers JSON cannot say come as text. */
export function mutateJson(random: RandomBits, value: unknown): string {
  let result: unknown = structuredClone(value)
  const rounds = 1 + random.below(3)
  for (let round = 0; round < rounds; round += 1) result = mutateSomewhere(random, result)
  const text = JSON.stringify(result) ?? 'null'
  // Damage that JSON.stringify cannot express.
  if (chance(random, 12))
    return text.replace(/\d+/u, () => pick(random, ['1e999', '-0', '01', 'NaN', '9'.repeat(400), '1.0000000000000001']))
  if (chance(random, 20)) return text.replace('{', `{"__proto__":${'['.repeat(random.below(200))}`)
  return text
}

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  '',
  'x',
  0,
  -1,
  1,
  0.5,
  3,
  255,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  1e300,
  [],
  {},
  [[]],
  [0, 0],
  [8, 4],
  'F16',
  'I64',
  'F4',
  '../../etc/passwd',
  'model.safetensors'
]

function mutateSomewhere(random: RandomBits, value: unknown): unknown {
  if (chance(random, 6)) return pick(random, ODD_VALUES)
  if (Array.isArray(value) && value.length > 0) {
    const copy: unknown[] = [...(value as unknown[])]
    const index = random.below(copy.length)
    if (chance(random, 4)) copy.splice(index, 1)
    else copy[index] = mutateSomewhere(random, copy[index])
    return copy
  }
  if (isJsonObject(value)) {
    const keys = Object.keys(value)
    if (keys.length === 0) return pick(random, ODD_VALUES)
    const key = pick(random, keys)
    const rest = Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
    if (chance(random, 5)) return rest
    if (chance(random, 6)) return { ...rest, [pick(random, keys)]: value[key] }
    return { ...value, [key]: mutateSomewhere(random, value[key]) }
  }
  return pick(random, ODD_VALUES)
}
