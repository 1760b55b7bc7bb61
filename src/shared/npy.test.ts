import { expect, it } from 'vitest'
import { encodeNpy } from './npy'

it('writes what NumPy reads: magic, aligned header, little-endian data', () => {
  const file = encodeNpy(Float32Array.of(1, -2.5, Number.NaN, 1e-38, 3, 4), [2, 3])
  const view = new DataView(file.buffer)
  const headerLength = view.getUint16(8, true)
  expect([...file.subarray(0, 8)]).toEqual([0x93, 78, 85, 77, 80, 89, 1, 0])
  expect((10 + headerLength) % 64).toBe(0)
  expect(new TextDecoder().decode(file.subarray(10, 10 + headerLength))).toMatch(
    /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(2, 3\), \} *\n$/
  )
  expect(file.length).toBe(10 + headerLength + 24)
  expect(view.getFloat32(10 + headerLength + 4, true)).toBe(-2.5)
  expect(() => encodeNpy(new Float32Array(5), [2, 3])).toThrow(/6 elements, 5 were given/)
})
