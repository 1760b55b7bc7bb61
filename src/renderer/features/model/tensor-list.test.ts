import { expect, it } from 'vitest'
import { formatCount, listTensors } from './tensor-list'

const tensor = (name: string, type: string, shape: readonly number[], sizeBytes: number) => ({
  name,
  type,
  shape: [...shape],
  elementCount: shape.reduce((product, size) => product * size, 1),
  sizeBytes,
  offsetBytes: sizeBytes,
  file: 0,
  layer: 0
})
const tensors = [
  tensor('blk.10.attn_q.weight', 'Q4_K', [8, 8], 30),
  tensor('blk.2.attn_q.weight', 'Q6_K', [8, 8], 50),
  tensor('output.weight', 'Q6_K', [100, 8], 10)
]

it('finds by every word, in name, type and shape', () => {
  const names = (search: string) => listTensors(tensors, search, { column: 'name', descending: false }).map(({ name }) => name)
  expect(names('')).toEqual(['blk.2.attn_q.weight', 'blk.10.attn_q.weight', 'output.weight'])
  expect(names('ATTN q6')).toEqual(['blk.2.attn_q.weight'])
  expect(names('100x8')).toEqual(['output.weight'])
  expect(names('nothing')).toEqual([])
})

it('sorts by any column, numbers as numbers', () => {
  const sizes = (descending: boolean) => listTensors(tensors, '', { column: 'bytes', descending }).map(({ sizeBytes }) => sizeBytes)
  expect(sizes(false)).toEqual([10, 30, 50])
  expect(sizes(true)).toEqual([50, 30, 10])
  expect(listTensors(tensors, '', { column: 'shape', descending: true })[0]?.name).toBe('output.weight')
})

it('says counts as people do', () => {
  expect([999, 15_000, 22_000_000, 6_738_000_000].map(formatCount)).toEqual(['999', '15.0 K', '22.0 M', '6.74 B'])
})
