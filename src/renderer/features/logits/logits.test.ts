import { describe, expect, it } from 'vitest'
import { exactFloat, toCsv, toNpy } from './export'
import { applyFilter, parseFilter } from './filter'
import { orderById, orderByValue, placesOf } from './order'

const random = (count: number): Float32Array => {
  let state = 12345
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state / 2 ** 32 - 0.5) * 40
  })
}

describe('orderByValue', () => {
  it.each([0, 1, 2, 3, 257, 4099])('equals a comparison sort of %i values, ties by id', (count) => {
    const values = random(count).map((value) => Math.round(value))
    const expected = Array.from(values, (_, id) => id).sort((a, b) => (values[b] as number) - (values[a] as number) || a - b)
    expect(Array.from(orderByValue(values, true))).toEqual(expected)
  })

  it('puts NaN last and infinities at the ends when descending', () => {
    const values = Float32Array.of(1, Number.NaN, -Infinity, Infinity, -2, 0, 3e-45)
    expect(Array.from(orderByValue(values, true))).toEqual([3, 0, 6, 5, 4, 2, 1])
    expect(Array.from(orderByValue(values, false))).toEqual([1, 2, 4, 5, 6, 0, 3])
  })

  it('gives places back', () => {
    const order = orderByValue(Float32Array.of(3, 9, 5), true)
    expect(Array.from(placesOf(order))).toEqual([2, 0, 1])
    expect(Array.from(orderById(3, true))).toEqual([2, 1, 0])
  })
})

describe('filter', () => {
  const texts = [' the', 'The', 'ing', '<b>', '日本', '42']
  const vocabulary = { text: (id: number) => texts[id], searchable: () => texts.map((text) => text.toLowerCase()) }
  const ids = (entry: string) => Array.from(applyFilter(orderById(6, false), parseFilter(entry), vocabulary, undefined))

  it('takes text in any case, ids and regular expressions', () => {
    expect(ids('the')).toEqual([0, 1])
    expect(ids('#4')).toEqual([4])
    expect(ids('/^\\d+$/')).toEqual([5])
    expect(ids('<b>')).toEqual([3])
    expect(ids('')).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('says what is wrong with an expression and then hides nothing', () => {
    expect(parseFilter('/(/').kind).toBe('invalid')
    expect(ids('/(/')).toHaveLength(6)
  })

  it('keeps the order and can leave out what the sampler removed', () => {
    const order = Uint32Array.of(5, 3, 1, 0)
    expect(Array.from(applyFilter(order, parseFilter(''), vocabulary, Uint8Array.of(1, 0, 0, 0, 0, 0)))).toEqual([5, 3, 1])
  })
})

describe('export', () => {
  it('writes float32 so that it reads back exactly', () => {
    for (const value of [...random(2000), 0.1, 1e-45, 3.4028234663852886e38, 16777217].map(Math.fround))
      expect(Math.fround(Number(exactFloat(value)))).toBe(value)
    expect(exactFloat(Number.NaN)).toBe('NaN')
    expect(exactFloat(-Infinity)).toBe('-Infinity')
  })

  it('quotes tokens in CSV', () => {
    const column = Float32Array.of(1, 2)
    const columns = {
      logits: column,
      biased: column,
      penalised: column,
      scaled: column,
      probability: column,
      removedBy: Uint8Array.of(0, 2)
    }
    expect(toCsv(Uint32Array.of(1, 0), columns, ['top-k', 'top-p'], (id) => (id === 0 ? 'a"b' : ',\n'))).toBe(
      'id,token,logit,biased,penalised,scaled,probability,removed_by\r\n1,",\n",2,2,2,2,2,top-p\r\n0,"a""b",1,1,1,1,1,\r\n'
    )
  })

  it('writes the header that NumPy reads', () => {
    const file = toNpy(Float32Array.of(1.5, -2))
    expect(file.length).toBe(64 * 2 + 8)
    expect(new TextDecoder('latin1').decode(file.subarray(1, 6))).toBe('NUMPY')
    expect(file[127]).toBe(10)
    expect(new DataView(file.buffer).getFloat32(128, true)).toBe(1.5)
  })
})
