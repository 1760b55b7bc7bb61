/**
 * One array of little-endian f32 as a NumPy file, version 1.0 (numpy.lib.format): magic, header length, a Python dictionary
 * padded so that the data starts at a multiple of 64. `shape` in C order; its product is the length of `values`.
 */
export function encodeNpy(values: Float32Array, shape: readonly number[] = [values.length]): Uint8Array<ArrayBuffer> {
  const expected = shape.reduce((product, size) => product * size, 1)
  if (expected !== values.length)
    throw new RangeError(`npy: shape ${shape.join(' x ')} has ${expected} elements, ${values.length} were given`)
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`
  const length = Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 10
  const header = new TextEncoder().encode(`${dictionary.padEnd(length - 1)}\n`)
  const out = new Uint8Array(10 + header.length + values.length * 4)
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8])
  out.set(header, 10)
  const view = new DataView(out.buffer, 10 + header.length)
  values.forEach((value, index) => view.setFloat32(index * 4, value, true))
  return out
}
