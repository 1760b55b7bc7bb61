import { describe, expect, it } from 'vitest'
import { layoutModel } from '../writing/model-layout'
import { parameterCountOf, PRESETS, type PresetName } from './presets'

describe('presets', () => {
  it.each([
    ['llama-2-7b', 6_738_415_616],
    ['llama-2-13b', 13_015_864_320],
    ['llama-3-8b', 8_030_261_248],
    ['tinyllama-1.1b', 1_100_048_384]
  ] as const)('%s has %i parameters', (name: PresetName, parameters) => {
    expect(parameterCountOf(PRESETS[name])).toBe(parameters)
  })

  it('gives Llama-2-7B in Q4_K_M the tensor bytes of the real file', () => {
    const { tensors } = layoutModel(PRESETS['llama-2-7b'], 'q4_k_m')
    expect(tensors.reduce((sum, tensor) => sum + tensor.sizeBytes, 0)).toBe(4_080_263_168)
    const sixBit = tensors.filter((tensor) => tensor.type === 'Q6_K').map((tensor) => tensor.name)
    const layers = sixBit.filter((name) => name.endsWith('attn_v.weight')).map((name) => Number(name.split('.')[1]))
    expect(layers).toEqual([0, 1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 27, 28, 29, 30, 31])
    expect(sixBit).toHaveLength(2 * layers.length + 1)
  })
})
