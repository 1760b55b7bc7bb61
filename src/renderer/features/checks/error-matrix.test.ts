import { expect, test } from 'vitest'
import { LAYER_POINTS } from '../../../shared/model/trace-points'
import { NOT_APPLICABLE, SEVERITY } from '../../statistics'
import { ErrorMatrix, errorDomain, type PointError } from './error-matrix'

const point = (layer: number, name: PointError['point'], cumulativeNmse: number, localNmse?: number): PointError => ({
  layer,
  point: name,
  cumulativeNmse,
  cumulativeRelativeError: Math.sqrt(cumulativeNmse),
  worstPosition: 3,
  maxAbsoluteDifference: 0,
  ...(localNmse === undefined ? {} : { localNmse })
})

const points: readonly PointError[] = [
  point(-1, 'embedding', 0),
  ...[0, 1].flatMap((layer) => LAYER_POINTS.map((name, index) => point(layer, name, 10 ** (layer - 9 + index / 13), 1e-12))),
  point(2, 'final_norm', NaN),
  point(2, 'logits', Infinity)
]

function cell(matrix: ErrorMatrix, row: number, column: number) {
  const values = new Float32Array(1)
  const severity = new Uint8Array(1)
  matrix.read('rms', { level: 0, row, column, height: 1, width: 1 }, values, severity)
  return { value: values[0], severity: severity[0] }
}

test('every trace point has its one cell, and addresses lead back to it', () => {
  const matrix = new ErrorMatrix(points, 'cumulative')
  expect([matrix.rows, matrix.columns]).toEqual([2, 16])
  for (const given of points) {
    const place = matrix.placeOf(given)
    expect(matrix.pointAt(place.row, place.column)).toBe(given)
    const address = matrix.address(place.row, place.column)
    expect(address?.position).toBe(3)
    expect(matrix.find(address as NonNullable<typeof address>)).toEqual(place)
  }
})

test('zero, NaN, infinity, "not measured" and "no such tensor" are told apart', () => {
  const matrix = new ErrorMatrix(points, 'cumulative')
  expect(cell(matrix, 0, 0)).toEqual({ value: 0, severity: SEVERITY.finite })
  expect(cell(matrix, 1, 0).severity).toBe(NOT_APPLICABLE)
  expect(cell(matrix, 1, 14).severity).toBe(SEVERITY.nan)
  expect(cell(matrix, 1, 15).severity).toBe(SEVERITY.positiveInfinity)
  expect(cell(new ErrorMatrix(points, 'local'), 0, 0).severity).toBe(SEVERITY.notCaptured)
})

test('the domain is whole powers of ten around the finite errors of both measures', () => {
  const { low, high } = errorDomain(points)
  expect(low).toBeCloseTo(1e-12, 20)
  expect(high).toBeCloseTo(1e-7, 15)
  expect(errorDomain([point(0, 'q', 0)])).toEqual({ low: 1e-16, high: 1 })
})
