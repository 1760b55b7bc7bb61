import * as v from 'valibot'
import { expect, test } from 'vitest'
import { FAULT_KINDS, faultSchema, faultText } from '../../../shared/protocol'
import { atPoint, exampleFault, indexLimit, POINTS_OF } from './fault-shape'

const shape = { layerCount: 8, embeddingLength: 512, headCount: 8, kvHeadCount: 2, headDim: 64, feedForwardLength: 1024 }

test('every example is a fault of the protocol that lies inside the model', () => {
  for (const kind of FAULT_KINDS) {
    const fault = exampleFault(kind, shape, 12)
    expect(v.parse(faultSchema, fault)).toEqual(fault)
    expect(fault.layer).toBeLessThan(shape.layerCount)
    expect(POINTS_OF[kind]).toContain(fault.point)
    expect(fault.index).toBeLessThan(indexLimit(shape, fault))
  }
  expect(exampleFault('nan-at-point', { ...shape, layerCount: 1 }, 0).layer).toBe(0)
  expect(exampleFault('scale-weight-row', { ...shape, layerCount: 1 }, 0).layer).toBe(0)
})

test('an element stays inside the tensor it is moved to', () => {
  const wide = { ...exampleFault('nan-at-point', shape, 3), point: 'ffn_gate' as const, index: 1023 }
  expect(atPoint(shape, wide, 'k')).toMatchObject({ point: 'k', index: 127 })
  const lost = { ...exampleFault('drop-k-tile', shape, 0), index: 1000 }
  expect(atPoint(shape, lost, 'ffn_up')).toMatchObject({ point: 'ffn_up', index: 511 })
})

test('a fault reads as the command line takes it', () => {
  expect(faultText(exampleFault('nan-at-point', shape, 12))).toBe('nan-at-point@4.attn_out:position=12,index=256')
  expect(faultText(exampleFault('wrong-rope-base', shape, 12))).toBe('wrong-rope-base@7.q:factor=2')
})
