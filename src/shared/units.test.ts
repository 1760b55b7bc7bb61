import { expect, it } from 'vitest'
import { formatBytes, formatMilliseconds, formatStatistic } from './units'

it('prints statistics with six significant digits', () => {
  expect([0, 1, -2.5, 0.1 + 0.2, 123456.789, 1234567, 0.00012345678, 0.000012345678, -1e-30].map(formatStatistic)).toEqual([
    '0',
    '1',
    '-2.5',
    '0.3',
    '123457',
    '1.23457e+6',
    '0.000123457',
    '1.23457e-5',
    '-1.00000e-30'
  ])
  expect([Number.NaN, Infinity, -Infinity].map(formatStatistic)).toEqual(['NaN', '+Inf', '-Inf'])
})

it('prints bytes and times', () => {
  expect([0, 1023, 1024, 13 * 1024 * 1024].map(formatBytes)).toEqual(['0 B', '1023 B', '1.0 KiB', '13.0 MiB'])
  expect([0.0434, 1.26, 412, 1250].map(formatMilliseconds)).toEqual(['0.043 ms', '1.3 ms', '412 ms', '1.25 s'])
})
