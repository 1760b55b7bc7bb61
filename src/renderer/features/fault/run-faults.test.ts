import { expect, test } from 'vitest'
import { DEFAULT_SETTINGS, type FaultSettings } from '../../../shared/protocol'
import { actsOn, faultOfTensors, faultsOfRun } from './run-faults'

const nan: FaultSettings = { kind: 'nan-at-point', layer: 4, point: 'attn_out', position: 7, index: 1, count: 0, factor: 1 }
const { generation } = DEFAULT_SETTINGS

test('the faults of a run are those of its requests; its tensors are as the last one computed them', () => {
  const broken = { ...generation, fault: nan }
  const continued = {
    settings: generation,
    segments: [
      { firstToken: 0, settings: broken },
      { firstToken: 3, settings: generation }
    ]
  }
  expect(faultsOfRun(continued)).toEqual([nan])
  expect(faultOfTensors(continued)).toBeUndefined()
  expect(faultOfTensors({ settings: broken })).toBe(nan)
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
