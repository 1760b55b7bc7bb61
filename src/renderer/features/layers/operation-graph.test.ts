import { describe, expect, it } from 'vitest'
import { traceIndex, tracePointCount } from '../../../shared/model/trace-points'
import { consumersOf, originOf, producersOf, timedBlockOf } from './operation-graph'

const LAYERS = 4
const every = Array.from({ length: tracePointCount(LAYERS) }, (_, index) => index)

describe('operation graph', () => {
  it('follows execution order: producers come before, consumers are the inverse', () => {
    for (const index of every) {
      for (const producer of producersOf(index, LAYERS)) {
        expect(producer).toBeLessThan(index)
        expect(consumersOf(producer, LAYERS)).toContain(index)
      }
      for (const consumer of consumersOf(index, LAYERS)) expect(producersOf(consumer, LAYERS)).toContain(index)
    }
  })

  it('only the embedding has no inputs, only the logits have no readers', () => {
    expect(every.filter((index) => producersOf(index, LAYERS).length === 0)).toEqual([0])
    expect(every.filter((index) => consumersOf(index, LAYERS).length === 0)).toEqual([every.length - 1])
  })

  it('knows the block of a layer', () => {
    expect(producersOf(traceIndex(2, 'attn_residual'), LAYERS)).toEqual([traceIndex(1, 'layer_out'), traceIndex(2, 'attn_out')])
    expect(producersOf(traceIndex(0, 'attn_norm'), LAYERS)).toEqual([0])
    expect(consumersOf(traceIndex(1, 'layer_out'), LAYERS)).toEqual([traceIndex(2, 'attn_norm'), traceIndex(2, 'attn_residual')])
    expect(consumersOf(traceIndex(LAYERS - 1, 'layer_out'), LAYERS)).toEqual([every.length - 2])
    expect(timedBlockOf(traceIndex(3, 'ffn_down'), LAYERS)).toEqual({ block: 'ffn', layer: 3 })
    expect(timedBlockOf(every.length - 1, LAYERS)).toEqual({ block: 'lm_head', layer: LAYERS })
  })

  it('walks from a poisoned output to where it began', () => {
    const start = traceIndex(1, 'ffn_up')
    const bad = new Set([start])
    for (const index of every) if (producersOf(index, LAYERS).some((producer) => bad.has(producer))) bad.add(index)
    expect(bad.has(every.length - 1)).toBe(true)
    expect(originOf(every.length - 1, LAYERS, (index) => bad.has(index))).toBe(start)
    expect(originOf(start, LAYERS, (index) => bad.has(index))).toBe(start)
  })
})
