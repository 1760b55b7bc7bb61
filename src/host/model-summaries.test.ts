import { expect, test } from 'vitest'
import { metadataRow } from './model-summaries'

test('a number of the metadata reads as it was written, float32 or not', () => {
  const shown = (value: number) => metadataRow('key', value).value
  expect(shown(Math.fround(1e-5))).toBe('0.00001')
  expect(shown(Math.fround(0.1))).toBe('0.1')
  expect(shown(0.1)).toBe('0.1')
  expect(shown(1 / 3)).toBe(String(1 / 3))
  expect(shown(10_000)).toBe('10000')
  expect(shown(123_456_789)).toBe('123456789')
  expect(metadataRow('key', 2n ** 60n).value).toBe(String(2n ** 60n))
})
