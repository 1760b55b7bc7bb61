import type { LayerPoint } from '../../shared/model/trace-points'
import type { Session } from '../session/types'
import { type LayerTensors, replayOperation } from './block-replay'
import { OPERATION_INPUTS } from './operations'
import { tensorError } from './tensor-error'

/** What one operation should have given, what it gave, and where it first went wrong. */
export interface Offence {
  readonly layer: number
  readonly point: LayerPoint
  readonly position: number
  readonly width: number
  readonly expected: Float32Array
  readonly found: Float32Array
  /** Everything the tested side fed into this layer. */
  readonly inputs: LayerTensors
  readonly count: number
}

/** Differences below this share of the row's largest expected value are rounding, not damage. */
const ROUNDING = 1e-4
/** Input columns of the tiles that are tried for "does not contribute". */
const TILE = 32

/**
 * Names the pattern of a difference where it is one of those kernels really make: non-finite elements, a scaled output row,
 * a lost range of inputs, a wrong rotary base, a stale KV slot. Undefined when none fits: nothing is guessed.
 */
export async function diagnose(reference: Session, offence: Offence): Promise<string | undefined> {
  const begin = offence.position * offence.width
  const expected = offence.expected.subarray(begin, begin + offence.width)
  const found = offence.found.subarray(begin, begin + offence.width)
  return (
    describeNonFinite(expected, found) ??
    (offence.point === 'attn_context' ? await describeStaleSlot(reference, offence) : undefined) ??
    describeRotation(offence, expected, found) ??
    describeScaledColumns(offence) ??
    (await describeLostInputs(reference, offence, expected, found))
  )
}

function describeNonFinite(expected: Float32Array, found: Float32Array): string | undefined {
  const bad: number[] = []
  for (let i = 0; i < found.length; i += 1) if (!Number.isFinite(found[i]) && Number.isFinite(expected[i])) bad.push(i)
  const first = bad[0]
  if (first === undefined) return undefined
  return `element ${first} is ${found[first]} where ${(expected[first] as number).toPrecision(6)} was expected; ${bad.length} of ${found.length} elements are not finite`
}

/** Columns of a row that differ by more than rounding. */
function differingColumns(expected: Float32Array, found: Float32Array): number[] {
  let largest = 0
  for (const value of expected) largest = Math.max(largest, Math.abs(value))
  const columns: number[] = []
  for (let i = 0; i < expected.length; i += 1) {
    if (!(Math.abs((found[i] as number) - (expected[i] as number)) <= ROUNDING * largest)) columns.push(i)
  }
  return columns
}

/** The same one or two output columns in every position, at a constant ratio: a weight row was scaled. */
function describeScaledColumns({ expected, found, width, count, point }: Offence): string | undefined {
  const hits = new Map<number, { ratio: number; seen: number; constant: boolean }>()
  for (let position = 0; position < count; position += 1) {
    const begin = position * width
    const row = expected.subarray(begin, begin + width)
    const other = found.subarray(begin, begin + width)
    for (const column of differingColumns(row, other)) {
      if (hits.size > 4) return undefined
      const ratio = (other[column] as number) / (row[column] as number)
      const hit = hits.get(column)
      if (hit === undefined) hits.set(column, { ratio, seen: 1, constant: true })
      else {
        hit.seen += 1
        if (Math.abs(ratio - hit.ratio) > 0.02 * Math.abs(hit.ratio - 1) + 1e-5) hit.constant = false
      }
    }
  }
  const columns = [...hits.entries()].sort((a, b) => b[1].seen - a[1].seen)
  const [best] = columns
  if (best === undefined || columns.length > 2) return undefined
  const [column, { ratio, constant }] = best
  if (columns.length === 1 && constant)
    return `output row ${column} alone differs, by a constant factor of ${ratio.toFixed(4)}: its weight row is scaled`
  const rotary = point === 'q' || point === 'k'
  if (rotary && columns.length === 2)
    return `only rows ${columns
      .map(([index]) => index)
      .sort((a, b) => a - b)
      .join(' and ')}, one rotary pair, differ: a weight row of that pair is damaged`
  const rows = columns.map(([index]) => index).join(', ')
  return columns.length === 1
    ? `only output row ${rows} differs: its weight row is damaged`
    : `only output rows ${rows} differ: their weight rows are damaged`
}

/** Every rotary pair keeps its length but not its direction, and position 0 agrees: the angles are wrong. */
function describeRotation(
  { point, position, expected: all, found: allFound, width }: Offence,
  expected: Float32Array,
  found: Float32Array
): string | undefined {
  if (point !== 'q' && point !== 'k') return undefined
  if (position === 0 || differingColumns(all.subarray(0, width), allFound.subarray(0, width)).length > 0) return undefined
  const differing = differingColumns(expected, found).length
  if (differing < 4) return undefined
  const norm = (row: Float32Array): number => Math.hypot(...row)
  if (Math.abs(norm(found) / norm(expected) - 1) > 1e-5) return undefined
  return `${differing} of ${width} elements differ while the length of the row is kept and position 0 agrees: RoPE rotates by other angles (base or scaling)`
}

/** Replays attention with each earlier slot replaced by its predecessor; the one that reproduces the output is stale. */
async function describeStaleSlot(
  reference: Session,
  { layer, position, inputs, count, width, found }: Offence
): Promise<string | undefined> {
  const k = inputs.get('k') as Float32Array
  const kvWidth = k.length / count
  const begin = position * width
  const target = found.subarray(begin, begin + width)
  for (const slot of [position, ...Array.from({ length: position }, (_, i) => position - 1 - i)].slice(0, 64)) {
    if (slot === 0) continue
    const replaced = new Map(inputs)
    for (const name of ['k', 'v'] as const) {
      const copy = (inputs.get(name) as Float32Array).slice()
      copy.copyWithin(slot * kvWidth, (slot - 1) * kvWidth, slot * kvWidth)
      replaced.set(name, copy)
    }
    const output = await replayOperation(reference, layer, 'attn_context', replaced, count)
    if (tensorError(output.subarray(begin, begin + width), target).nmse < 1e-6)
      return `the output is reproduced exactly when position ${position} sees the key and value of position ${slot - 1} in slot ${slot}: a stale KV slot`
  }
  return undefined
}

/**
 * A matrix product is linear in its inputs: if the missing part equals the contribution of a contiguous range of inputs,
 * that range was lost. Contributions come from the reference itself, one tile of inputs at a time.
 */
async function describeLostInputs(
  reference: Session,
  { layer, point, position, inputs, count, width }: Offence,
  expected: Float32Array,
  found: Float32Array
): Promise<string | undefined> {
  const [name, ...rest] = OPERATION_INPUTS[point]
  if (name === undefined || rest.length > 0 || point === 'attn_norm' || point === 'ffn_norm') return undefined
  const input = inputs.get(name) as Float32Array
  const inputWidth = input.length / count
  const row = input.subarray(position * inputWidth, (position + 1) * inputWidth)
  const missing = Float64Array.from(expected, (value, i) => value - (found[i] as number))
  const tiles = Math.ceil(inputWidth / TILE)
  const contributions: Float32Array[] = []
  for (let tile = 0; tile < tiles; tile += 1) {
    const only = new Float32Array(inputWidth)
    only.set(row.subarray(tile * TILE, Math.min((tile + 1) * TILE, inputWidth)), tile * TILE)
    contributions.push(await reference.runOperation({ layer, point, inputs: [only], tokenCount: 1, position }))
  }
  const total = missing.reduce((sum, value) => sum + value * value, 0)
  let best = { from: 0, to: 0, left: total }
  for (let from = 0; from < tiles; from += 1) {
    const sum = new Float64Array(width)
    for (let to = from; to < tiles; to += 1) {
      const part = contributions[to] as Float32Array
      let left = 0
      for (let i = 0; i < width; i += 1) {
        sum[i] = (sum[i] as number) + (part[i] as number)
        left += ((missing[i] as number) - (sum[i] as number)) ** 2
      }
      if (left < best.left) best = { from, to: to + 1, left }
    }
  }
  if (best.left > 1e-4 * total) return undefined
  return `what is missing equals the contribution of inputs ${best.from * TILE} to ${Math.min(best.to * TILE, inputWidth) - 1}: this range of K does not take part in the product`
}
