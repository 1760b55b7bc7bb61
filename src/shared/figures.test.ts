import { expect, test } from 'vitest'
import { bitsFigure, errorFigure, logitFigure, percentFigure, rateFigure, shareFigure } from './figures'

test('a share keeps small probabilities apart from zero', () => {
  expect([1, 0.5, 0.0123, 0.0001, 0.00001, 0, Number.NaN].map(shareFigure)).toEqual([
    '100.0 %',
    '50.0 %',
    '1.23 %',
    '0.01 %',
    '<0.01 %',
    '0 %',
    '–'
  ])
})

test('logits, bits, rates and errors have their digits', () => {
  expect([14.58049, -0.00004, Number.NaN, Infinity, -Infinity].map(logitFigure)).toEqual(['14.5805', '-0.0000', '–', '+∞', '−∞'])
  expect(bitsFigure(0.0454)).toBe('0.045')
  expect(rateFigure(265.3149)).toBe('265.31')
  expect([0, 1.234e-10, Number.NaN].map(errorFigure)).toEqual(['0', '1.23e-10', 'NaN'])
  expect(percentFigure(0.99614)).toBe('99.61 %')
})
