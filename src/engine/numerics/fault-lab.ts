import { GretaError } from '../../shared/errors'
import type { LayerPoint } from '../../shared/model/trace-points'
import type { ExerciseResult } from '../../shared/protocol/numerics'
import type { FaultRequest, Session } from '../session/types'
import { findFirstDivergence } from './first-divergence'

/** A fault that somebody may plant, and where a correct search must end up. */
export interface FaultExercise {
  readonly name: string
  readonly teaches: string
  readonly fault: FaultRequest
  readonly expected: { readonly layer: number; readonly points: readonly LayerPoint[] }
}

/** Wrong angles and stale slots show only against positions before them. */
const FEWEST_POSITIONS = 4

/**
 * The five classical faults, spread over a model of `layers` layers and a sequence of `positions` (at least 4) tokens.
 * Deterministic: the same shape gives the same exercises.
 */
export function faultExercises(session: Session, positions: number): readonly FaultExercise[] {
  const { layerCount, embeddingLength, feedForwardLength } = session.config
  const middle = Math.floor(layerCount / 2)
  const position = Math.max(1, Math.floor(positions / 2))
  const at = (layer: number, point: LayerPoint, rest: Partial<FaultRequest> & Pick<FaultRequest, 'kind'>): FaultRequest => ({
    layer,
    point,
    position: 0,
    index: 0,
    count: 0,
    factor: 1,
    ...rest
  })
  return [
    {
      name: 'scaled weight row',
      teaches: 'one row of a matrix is 1 % too large: a wrong block scale or a bad repack',
      fault: at(Math.min(1, layerCount - 1), 'ffn_up', {
        kind: 'scale-weight-row',
        index: Math.floor(feedForwardLength / 3),
        factor: 1.01
      }),
      expected: { layer: Math.min(1, layerCount - 1), points: ['ffn_up'] }
    },
    {
      name: 'dropped K tile',
      teaches: 'a product skips 32 of its inputs: an off-by-one in the K loop',
      fault: at(middle, 'ffn_down', { kind: 'drop-k-tile', index: Math.floor(feedForwardLength / 64) * 32, count: 32 }),
      expected: { layer: middle, points: ['ffn_down'] }
    },
    {
      name: 'wrong RoPE base',
      teaches: 'one layer rotates with another base: the wrong key of the metadata',
      fault: at(layerCount - 1, 'q', { kind: 'wrong-rope-base', factor: 2 }),
      expected: { layer: layerCount - 1, points: ['q', 'k'] }
    },
    {
      name: 'NaN',
      teaches: 'one element becomes NaN: an uninitialised buffer or 0/0',
      fault: at(middle, 'attn_out', { kind: 'nan-at-point', position, index: Math.floor(embeddingLength / 2) }),
      expected: { layer: middle, points: ['attn_out'] }
    },
    {
      name: 'stale KV slot',
      teaches: 'attention reads the slot before the new key was written: a missing barrier',
      fault: at(0, 'attn_context', { kind: 'stale-kv-slot', position }),
      expected: { layer: 0, points: ['attn_context'] }
    }
  ]
}

/** Plants every fault in `test` and asks the search for it. */
export async function runFaultLab(
  reference: Session,
  test: Session,
  ids: readonly number[],
  options: { readonly limit: number; readonly signal?: AbortSignal; readonly onExercise?: (name: string) => void }
): Promise<readonly ExerciseResult[]> {
  if (ids.length < FEWEST_POSITIONS)
    throw new GretaError(
      'usage',
      `The fault lab needs at least ${FEWEST_POSITIONS} tokens: a fault in the second half has to have a first one. There are ${ids.length}.`
    )
  const results: ExerciseResult[] = []
  for (const exercise of faultExercises(test, ids.length)) {
    options.onExercise?.(exercise.name)
    const { first } = await findFirstDivergence(reference, test, ids, { ...options, faults: [exercise.fault] })
    results.push({
      ...exercise,
      expected: { layer: exercise.expected.layer, points: [...exercise.expected.points] },
      ...(first === undefined ? {} : { found: first }),
      named: first !== undefined && first.layer === exercise.expected.layer && exercise.expected.points.includes(first.point)
    })
  }
  return results
}
