import { describe, expect, it } from 'vitest'
import { TIMED_BLOCKS } from '../../../shared/model/trace-points'
import { blockBytes, kvBytes } from './block-bytes'
import { barsOverLayers, barsOverTokens, blockTotal, distributionOf, measuredPositions, summarise, type TimeSource } from './profile-data'
import { csvOf, traceFile } from './trace-export'

const LAYERS = 3

/** Prompt of 4 (one chunk), then one step a token. Blocks add up to 90 % of the step. */
function source(tokens: number, hasBlockTimes = true): TimeSource {
  const stepMilliseconds = { values: Float32Array.from({ length: tokens }, (_, position) => (position < 4 ? 1 : 10)) }
  const endMilliseconds = { values: Float64Array.from({ length: tokens }, (_, position) => (position < 4 ? 4 : 4 + (position - 3) * 10.5)) }
  return {
    layerCount: LAYERS,
    promptCount: 4,
    rowEnd: tokens,
    hasBlockTimes,
    stepMilliseconds,
    endMilliseconds,
    blockTime: (position) =>
      hasBlockTimes ? ((stepMilliseconds.values[position] as number) * 0.9) / ((LAYERS + 1) * TIMED_BLOCKS.length) : Number.NaN
  }
}

describe('profile data', () => {
  it('the last prompt position makes the first token: it is generated', () => {
    expect(measuredPositions(source(8), 'prompt')).toEqual([0, 1, 2])
    expect(measuredPositions(source(8), 'generated')).toEqual([3, 4, 5, 6, 7])
  })

  it('blocks and the unaccounted rest add up to the step', () => {
    const times = source(20)
    const positions = measuredPositions(times, 'generated')
    const { step, blocks, unaccounted } = summarise(times, positions)
    const sum = blocks.reduce((total, row) => total + row.time.mean, 0)
    expect(sum + unaccounted).toBeCloseTo(step.mean, 9)
    expect(unaccounted / step.mean).toBeCloseTo(0.1, 6)
    for (const bar of barsOverTokens(times, positions, 5)) {
      const height = TIMED_BLOCKS.reduce((total, block) => total + (bar[block] as number), 0) + (bar['unaccounted'] as number)
      expect(height).toBeGreaterThan(0.99)
    }
    const layers = barsOverLayers(times, positions)
    expect(layers).toHaveLength(LAYERS + 1)
    const inLayers = layers.reduce((total, bar) => total + TIMED_BLOCKS.reduce((part, block) => part + (bar[block] as number), 0), 0)
    expect(inLayers).toBeCloseTo(sum, 6)
  })

  it('percentiles are by nearest rank', () => {
    const values = Array.from({ length: 100 }, (_, index) => index + 1)
    expect(distributionOf(values)).toEqual({ count: 100, mean: 50.5, p50: 50, p95: 95, p99: 99 })
    expect(distributionOf([]).p50).toBeNaN()
  })

  it('knows what a token reads, in both naming schemes', () => {
    const layer = (n: number) => [
      { name: `blk.${n}.attn_norm.weight`, sizeBytes: 4, shape: [1] },
      { name: `blk.${n}.attn_q.weight`, sizeBytes: 100, shape: [1] },
      { name: `blk.${n}.attn_k.weight`, sizeBytes: 10, shape: [1] },
      { name: `blk.${n}.attn_v.weight`, sizeBytes: 10, shape: [1] },
      { name: `blk.${n}.attn_output.weight`, sizeBytes: 50, shape: [1] },
      { name: `blk.${n}.ffn_gate.weight`, sizeBytes: 200, shape: [1] },
      { name: `blk.${n}.ffn_norm.weight`, sizeBytes: 4, shape: [1] }
    ]
    const tied = blockBytes([
      { name: 'token_embd.weight', sizeBytes: 1000, shape: [100, 10] },
      ...layer(0),
      ...layer(1),
      { name: 'output_norm.weight', sizeBytes: 4, shape: [1] }
    ])
    expect(tied).toMatchObject({ qkv: 240, attention: 100, ffn: 400, norm: 20, lm_head: 1000, embedding: 10 })
    const untied = blockBytes([
      { name: 'model.embed_tokens.weight', sizeBytes: 1000, shape: [100, 10] },
      { name: 'lm_head.weight', sizeBytes: 700, shape: [1] },
      { name: 'model.layers.0.self_attn.q_proj.weight', sizeBytes: 5, shape: [1] },
      { name: 'model.layers.0.self_attn.q_norm.weight', sizeBytes: 1, shape: [1] },
      { name: 'model.layers.0.mlp.down_proj.weight', sizeBytes: 6, shape: [1] },
      { name: 'model.layers.0.post_attention_layernorm.weight', sizeBytes: 7, shape: [1] },
      { name: 'model.norm.weight', sizeBytes: 8, shape: [1] }
    ])
    expect(untied).toMatchObject({ qkv: 6, ffn: 6, norm: 15, lm_head: 700 })
    expect(kvBytes({ layerCount: 2, kvHeadCount: 4, headDim: 8, kvType: 'f16' }, 9)).toBe(2 * 2 * 4 * 8 * 2 * 10)
  })
})

describe('trace export', () => {
  const times = source(10)
  const positions = Array.from({ length: 10 }, (_, position) => position)
  const file = traceFile(times, positions, { runName: 'a run', engine: 'cpu', tokenText: (position) => `<${position}>` })

  it('is the trace event format: metadata for process and threads, complete events in microseconds', () => {
    const parsed = JSON.parse(JSON.stringify(file)) as typeof file
    expect(parsed.displayTimeUnit).toBe('ms')
    const names = parsed.traceEvents.filter((event) => event.ph === 'M').map((event) => [event.name, event.args['name']])
    expect(names).toEqual([
      ['process_name', 'cpu'],
      ['thread_name', 'tokens'],
      ['thread_name', 'blocks']
    ])
    for (const event of parsed.traceEvents) {
      expect(typeof event.name).toBe('string')
      for (const number of [event.pid, event.tid, event.ts]) expect(Number.isFinite(number)).toBe(true)
      if (event.ph === 'X') {
        expect(event.dur).toBeGreaterThan(0)
        expect(event.ts).toBeGreaterThanOrEqual(0)
      } else expect(event.ph).toBe('M')
    }
  })

  it('no two slices of a track overlap, and durations are the measured ones', () => {
    for (const thread of [1, 2]) {
      const slices = file.traceEvents.filter((event) => event.ph === 'X' && event.tid === thread)
      for (let index = 1; index < slices.length; index++) {
        const before = slices[index - 1]
        expect(slices[index]?.ts as number).toBeGreaterThanOrEqual((before?.ts as number) + (before?.dur as number) - 0.002)
      }
    }
    const steps = file.traceEvents.filter((event) => event.tid === 1 && event.ph === 'X')
    expect(steps.map((event) => event.dur)).toEqual([1000, 1000, 1000, 1000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000])
    expect(steps.map((event) => event.ts)).toEqual([0, 1000, 2000, 3000, 4500, 15_000, 25_500, 36_000, 46_500, 57_000])
    const blocks = file.traceEvents.filter((event) => event.tid === 2 && event.args['position'] === 5)
    expect(blocks.reduce((sum, event) => sum + (event.dur ?? 0), 0)).toBeCloseTo(9000, 0)
  })

  it('works for runs without block times', () => {
    const plain = traceFile(source(6, false), [3, 4, 5], { runName: '', engine: '', tokenText: () => '' })
    expect(plain.traceEvents.filter((event) => event.tid === 2 && event.ph === 'X')).toEqual([])
  })

  it('CSV has a line a position in C locale', () => {
    const lines = csvOf(times, [2, 3], (position, block) => blockTotal(times, position, block))
      .trim()
      .split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[0]).toBe('position,phase,step_ms,embedding_ms,norm_ms,qkv_ms,attention_ms,ffn_ms,lm_head_ms,sampling_ms,host_gap_ms')
    expect(lines[1]?.startsWith('2,prompt,1,0.11')).toBe(true)
    expect(lines[2]?.startsWith('3,generated,1,')).toBe(true)
  })
})
