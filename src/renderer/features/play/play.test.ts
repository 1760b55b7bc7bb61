import { describe, expect, it } from 'vitest'
import { DEFAULT_SAMPLING_MESSAGE } from '../../../shared/protocol'
import { parseTokenIds, promptOf } from '../../actions/generation'
import type { RunState } from '../../store/session'
import { branchPositions, branchTrail } from './branches'
import { moveStage, sameSampling, stageActs } from './sampling/knob-table'
import { BUILT_IN_PRESETS, presetsToJson, samplingFromJson } from './sampling/presets'
import { layoutStrip, stripHit } from './strips'

describe('prompt', () => {
  const draft = { mode: 'tokens', text: '', addSpecial: true, parseSpecial: false, messages: [], template: undefined, tokens: '' } as const

  it('reads ids as people paste them', () => {
    expect(parseTokenIds('[1, 2,3]  4\n5')).toEqual([1, 2, 3, 4, 5])
    expect(parseTokenIds('1 x')).toBeUndefined()
    expect(parseTokenIds('1.5')).toBeUndefined()
    expect(parseTokenIds('-1')).toBeUndefined()
  })

  it('sends nothing that is no prompt', () => {
    expect(promptOf({ ...draft, tokens: '' })).toBeUndefined()
    expect(promptOf({ ...draft, tokens: 'abc' })).toBeUndefined()
    expect(promptOf({ ...draft, tokens: '7 8' })).toEqual({ kind: 'tokens', ids: [7, 8] })
  })
})

describe('sampler knobs', () => {
  it('says which stages act', () => {
    expect(stageActs('penalties', { ...DEFAULT_SAMPLING_MESSAGE, repeatPenalty: 1.1, penaltyWindow: 0 })).toBe(false)
    expect(stageActs('penalties', { ...DEFAULT_SAMPLING_MESSAGE, repeatPenalty: 1.1 })).toBe(true)
    expect(stageActs('top-k', { ...DEFAULT_SAMPLING_MESSAGE, topK: 0 })).toBe(false)
    expect(stageActs('temperature', { ...DEFAULT_SAMPLING_MESSAGE, temperature: 0 })).toBe(true)
  })

  it('moves a stage and stops at the ends', () => {
    const { order } = DEFAULT_SAMPLING_MESSAGE
    expect(moveStage(order, 'penalties', -5)[0]).toBe('penalties')
    expect(moveStage(order, 'logit-bias', -1)).toBe(order)
    expect(moveStage(order, 'temperature', 2).toSorted()).toEqual(order.toSorted())
  })

  it('hands settings on as JSON and refuses what is none', () => {
    for (const { sampling } of BUILT_IN_PRESETS) expect(samplingFromJson(presetsToJson(sampling))).toEqual(sampling)
    expect(samplingFromJson('{"greta":"sampling","sampling":{"temperature":-1}}')).toBeUndefined()
    expect(samplingFromJson('not json')).toBeUndefined()
    expect(sameSampling({ ...DEFAULT_SAMPLING_MESSAGE, seed: '1' }, { ...DEFAULT_SAMPLING_MESSAGE, seed: '2' })).toBe(true)
  })
})

describe('branches', () => {
  const run = (id: string, parent?: { readonly runId: string; readonly position: number }): RunState =>
    ({ detail: { row: { id, parent: parent === undefined ? undefined : { ...parent, tokenId: 1 } } } }) as unknown as RunState
  const runs = {
    a: run('a'),
    b: run('b', { runId: 'a', position: 4 }),
    c: run('c', { runId: 'a', position: 4 }),
    d: run('d', { runId: 'b', position: 9 })
  }

  it('leads from the root to the shown run, with siblings at every step', () => {
    const trail = branchTrail(runs, 'd')
    expect(trail.map((step) => step.runId)).toEqual(['a', 'b', 'd'])
    expect(trail[1]?.alternatives).toEqual(['a', 'b', 'c'])
  })

  it('ends where a parent is not known, or is its own ancestor', () => {
    expect(branchTrail({ d: runs.d }, 'd').map((step) => step.runId)).toEqual(['b', 'd'])
    const loop = { x: run('x', { runId: 'y', position: 1 }), y: run('y', { runId: 'x', position: 1 }) }
    expect(branchTrail(loop, 'x')).toHaveLength(2)
  })

  it('marks where branches leave and where a run left', () => {
    expect([...branchPositions(runs, 'a')]).toEqual([4])
    expect([...branchPositions(runs, 'b')].sort((a, b) => a - b)).toEqual([4, 9])
  })
})

describe('strips', () => {
  const series = { id: 'surprisal', value: (position: number) => (position === 777 ? 9 : position === 3 ? Number.NaN : 1) } as const

  it('loses no peak when tokens outnumber pixels', () => {
    const bars = layoutStrip(series, 0, 2000, 300)
    expect(bars.heights).toHaveLength(100)
    expect(bars.top).toBe(9)
    expect(bars.heights[38]).toBe(9)
    expect(stripHit(bars, 299, 300)).toBe(1980)
    expect(stripHit(bars, 301, 300)).toBeUndefined()
  })

  it('keeps NaN a gap', () => {
    const bars = layoutStrip(series, 0, 5, 300)
    expect(Number.isNaN(bars.heights[3] as number)).toBe(true)
    expect(layoutStrip(series, 5, 5, 300).heights).toHaveLength(0)
  })
})
