import { expect, test } from 'vitest'
import { DEFAULT_SETTINGS, type FaultSettings } from '../../../shared/protocol'
import { actsOn, faultAt, faultsOfRun } from './run-faults'

const nan: FaultSettings = { kind: 'nan-at-point', layer: 4, point: 'attn_out', position: 7, index: 1, count: 0, factor: 1 }
const { generation } = DEFAULT_SETTINGS

test('every position knows the fault it was computed with, the prompt that of the first request', () => {
  const run = {
    promptIds: [1, 2, 3, 4, 5],
    segments: [
      { firstToken: 0, settings: { ...generation, fault: nan } },
      { firstToken: 3, settings: generation }
    ]
  }
  expect(faultsOfRun(run)).toEqual([nan])
  expect(faultAt(run, 0)).toBe(nan)
  expect(faultAt(run, 4)).toBe(nan) // chose token 0
  expect(faultAt(run, 6)).toBe(nan)
  expect(faultAt(run, 7)).toBeUndefined() // chose token 3
})

test('a fault acts on its own tensor: a NaN on one token, wrong angles on q and k of all', () => {
  expect(actsOn(nan, 4, 'attn_out', 7)).toBe(true)
  expect(actsOn(nan, 4, 'attn_out', 8)).toBe(false)
  expect(actsOn(nan, 4, 'attn_residual', 7)).toBe(false)
  const rope = { ...nan, kind: 'wrong-rope-base', point: 'q' } as const
  expect([actsOn(rope, 4, 'q', 0), actsOn(rope, 4, 'k', 99), actsOn(rope, 4, 'v', 0), actsOn(rope, 3, 'q', 0)]).toEqual([
    true,
    true,
    false,
    false
  ])
  const stale = { ...nan, kind: 'stale-kv-slot', point: 'attn_context' } as const
  expect([actsOn(stale, 4, 'attn_context', 6), actsOn(stale, 4, 'attn_context', 9)]).toEqual([false, true])
})
