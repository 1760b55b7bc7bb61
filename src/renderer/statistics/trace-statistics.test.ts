import { describe, expect, it } from 'vitest'
import { TRACE_STATS_WORDS, traceIndex, tracePointCount } from '../../shared/model/trace-points'
import { PositionMatrix } from './cell-matrix'
import { positiveDomain, robustDomain, sampleValues } from './domain'
import { TRACE_FIELDS } from './fields'
import { positionsPerColumn } from './pyramid'
import { SEVERITY } from './severity'
import { PYRAMID_LEVELS, TraceStatistics } from './trace-statistics'

/** One row of a token: `value(row, word)` for every word. */
function tokenWords(layers: number, value: (row: number, word: number) => number): Uint32Array {
  const rows = tracePointCount(layers)
  const words = new Uint32Array(rows * TRACE_STATS_WORDS)
  const floats = new Float32Array(words.buffer)
  for (let row = 0; row < rows; row++) {
    for (let word = 0; word < TRACE_STATS_WORDS; word++) {
      const at = row * TRACE_STATS_WORDS + word
      if (word < 5) floats[at] = value(row, word)
      else words[at] = value(row, word)
    }
  }
  return words
}

/** A cheap deterministic value in (-1, 1) that differs everywhere. */
const noise = (a: number, b: number, c: number) => Math.fround(Math.sin(a * 12.9898 + b * 78.233 + c * 37.719))

const plain = (layers: number, position: number) => tokenWords(layers, (row, word) => (word < 5 ? noise(position, row, word) : 0))

describe('TraceStatistics', () => {
  it('gives back exactly what was written, for every statistic', () => {
    const layers = 3
    const statistics = new TraceStatistics(layers)
    for (let position = 0; position < 600; position++) {
      statistics.write(
        position,
        tokenWords(layers, (row, word) => (word < 5 ? noise(position, row, word) : (position * 31 + row * 7 + word) % 5))
      )
    }
    expect(statistics.end).toBe(600)
    for (const position of [0, 1, 255, 256, 257, 511, 512, 599]) {
      for (let row = 0; row < statistics.rows; row++) {
        TRACE_FIELDS.forEach((field, word) => {
          const expected = word < 5 ? noise(position, row, word) : (position * 31 + row * 7 + word) % 5
          expect(statistics.value(field, position, row)).toBe(expected)
        })
      }
    }
  })

  it('reads words from an offset and refuses a short row', () => {
    const statistics = new TraceStatistics(1)
    const words = plain(1, 9)
    const shifted = new Uint32Array(words.length + 7)
    shifted.set(words, 7)
    statistics.write(0, shifted, 7)
    expect(statistics.value('max', 0, 5)).toBe(noise(9, 5, 1))
    expect(() => statistics.write(1, words.subarray(1))).toThrow(/has 160 words; 159 came/)
  })

  it('allocates no count plane while every count is zero', () => {
    const statistics = new TraceStatistics(2)
    const before = statistics.sizeBytes
    statistics.write(0, plain(2, 0))
    const cells = 256 * statistics.rows
    // five float planes, severity, and severity groups of the six levels
    expect(statistics.sizeBytes - before).toBe(cells * (5 * 4 + 1 + PYRAMID_LEVELS))
  })

  it('keeps one NaN visible at every level, and names where it is', () => {
    const layers = 4
    const bad = traceIndex(2, 'ffn_act')
    const statistics = new TraceStatistics(layers)
    for (let position = 0; position < 1000; position++) {
      statistics.write(
        position,
        tokenWords(layers, (row, word) => (word < 5 ? noise(position, row, word) : position === 777 && row === bad && word === 5 ? 3 : 0))
      )
    }
    expect(statistics.severity(777, bad)).toBe(SEVERITY.nan)
    expect(statistics.severity(776, bad)).toBe(SEVERITY.finite)
    for (let level = 1; level <= PYRAMID_LEVELS; level++) {
      const plane = statistics.severityPlane(level)
      const column = Math.floor(777 / positionsPerColumn(level))
      expect(plane.get(column, bad)).toBe(SEVERITY.nan)
      expect(plane.get(column, bad - 1)).toBe(SEVERITY.finite)
      if (column > 0) expect(plane.get(column - 1, bad)).toBe(SEVERITY.finite)
    }
    expect(statistics.alerts.list()).toEqual([{ kind: 'nan', traceIndex: bad, firstPosition: 777, cells: 1, elements: 3 }])
  })

  it('pools values exactly, and a pyramid built late equals one kept up to date', () => {
    const layers = 2
    const early = new TraceStatistics(layers)
    const late = new TraceStatistics(layers)
    const kept = early.valuePyramid('mean')
    const count = 333
    for (let position = 0; position < count; position++) {
      early.write(position, plain(layers, position))
      late.write(position, plain(layers, position))
    }
    const built = late.valuePyramid('mean')
    for (let level = 1; level <= 5; level++) {
      const size = positionsPerColumn(level)
      for (let column = 0; column * size < count; column++) {
        for (let row = 0; row < early.rows; row++) {
          let least = Infinity
          let greatest = -Infinity
          for (let position = column * size; position < Math.min(count, (column + 1) * size); position++) {
            least = Math.min(least, noise(position, row, 2))
            greatest = Math.max(greatest, noise(position, row, 2))
          }
          for (const pyramid of [kept, built]) {
            expect(pyramid.level(level).least.get(column, row)).toBe(least)
            expect(pyramid.level(level).greatest.get(column, row)).toBe(greatest)
          }
        }
      }
    }
  })

  it('rewinds: a rewritten position replaces what followed, in planes, pyramids and alerts', () => {
    const layers = 2
    const rewound = new TraceStatistics(layers)
    const fresh = new TraceStatistics(layers)
    rewound.valuePyramid('max')
    const poisoned = (position: number) =>
      tokenWords(layers, (row, word) => (word < 5 ? 1e6 : word === 5 && row === 3 && position > 290 ? 1 : 0))
    for (let position = 0; position < 300; position++)
      rewound.write(position, position < 270 ? plain(layers, position) : poisoned(position))
    expect(rewound.alerts.list()).toHaveLength(1)
    for (let position = 270; position < 280; position++) rewound.write(position, plain(layers, position))
    for (let position = 0; position < 280; position++) fresh.write(position, plain(layers, position))
    expect(rewound.end).toBe(280)
    expect(rewound.capturedRows).toBe(280 * fresh.rows)
    expect(rewound.alerts.list()).toEqual([])
    for (let level = 1; level <= PYRAMID_LEVELS; level++) {
      for (let column = 0; column * positionsPerColumn(level) < 300; column++) {
        for (let row = 0; row < fresh.rows; row++) {
          const pyramids = [rewound.valuePyramid('max').level(level), fresh.valuePyramid('max').level(level)] as const
          expect(pyramids[0].greatest.get(column, row)).toBe(pyramids[1].greatest.get(column, row))
          expect(rewound.severityPlane(level).get(column, row)).toBe(fresh.severityPlane(level).get(column, row))
        }
      }
    }
    expect(rewound.severity(285, 0)).toBe(SEVERITY.notCaptured)
  })

  it('says what changed since a revision', () => {
    const statistics = new TraceStatistics(1)
    for (let position = 0; position < 10; position++) statistics.write(position, plain(1, position))
    const revision = statistics.revision
    expect(statistics.dirtySince(revision)).toBe(Infinity)
    statistics.write(10, plain(1, 10))
    statistics.write(11, plain(1, 11))
    expect(statistics.dirtySince(revision)).toBe(10)
    statistics.truncate(4)
    expect(statistics.dirtySince(revision)).toBe(4)
  })

  it('a blank row (nothing computed) is "not captured"; a tensor of zeros is captured', () => {
    const statistics = new TraceStatistics(1)
    statistics.write(
      0,
      tokenWords(1, (row, word) => (row === 2 && word === 8 ? 64 : row === 3 && word === 0 ? 1 : 0))
    )
    expect(statistics.severity(0, 2)).toBe(SEVERITY.finite)
    expect(statistics.severity(0, 3)).toBe(SEVERITY.finite)
    expect(statistics.severity(0, 4)).toBe(SEVERITY.notCaptured)
  })

  it('leaves a gap where positions were skipped', () => {
    const statistics = new TraceStatistics(1)
    statistics.write(5, plain(1, 5))
    expect(statistics.captured(4)).toBe(false)
    expect(statistics.captured(5)).toBe(true)
    expect(statistics.end).toBe(6)
  })
})

describe('PositionMatrix and domains', () => {
  it('reads any rectangle at any level like cell-by-cell reads', () => {
    const layers = 3
    const statistics = new TraceStatistics(layers)
    for (let position = 0; position < 530; position++) statistics.write(position, plain(layers, position))
    const indices = [1, 14, 27]
    const matrix = new PositionMatrix(statistics, indices, PYRAMID_LEVELS)
    const values = new Float32Array(5 * 40)
    const severity = new Uint8Array(5 * 40)
    matrix.read('absmax', { level: 0, row: 1, column: 250, height: 5, width: 40 }, values, severity)
    for (let y = 0; y < 5; y++) {
      for (let x = 0; x < 40; x++) {
        if (y >= 2) expect(severity[y * 40 + x]).toBe(255)
        else expect(values[y * 40 + x]).toBe(noise(250 + x, indices[y + 1] as number, 4))
      }
    }
    matrix.read('absmax', { level: 1, row: 0, column: 130, height: 3, width: 10 }, values, severity)
    expect(values[0]).toBe(Math.max(...[520, 521, 522, 523].map((p) => noise(p, 1, 4))))
    expect(severity[2]).toBe(SEVERITY.finite)
    expect(severity[3]).toBe(SEVERITY.notCaptured)
    expect(matrix.find({ position: 7, traceIndex: 14 })).toEqual({ row: 1, column: 7 })
    expect(matrix.address(2, 7)).toEqual({ position: 7, traceIndex: 27 })
    expect(matrix.address(2, 530)).toBeUndefined()
  })

  it('a robust domain ignores one outlier in a hundred and works for few values', () => {
    const sample = Float32Array.from({ length: 1000 }, (_, i) => i)
    sample[500] = 1e9
    const domain = robustDomain(sample)
    expect(domain?.high).toBeLessThan(1000)
    expect(robustDomain(Float32Array.of(3, 1, 2))).toEqual({ low: 1, high: 3 })
    expect(robustDomain(new Float32Array(0))).toBeUndefined()
    expect(positiveDomain(Float32Array.of(-1, 0, 2, 5))).toEqual({ low: 2, high: 5 })
  })

  it('one unusual token in thousands does not stretch the domain of a large matrix', () => {
    const statistics = new TraceStatistics(4)
    for (let position = 0; position < 2000; position++) {
      statistics.write(
        position,
        tokenWords(4, (row, word) => (word < 5 ? (position === 0 ? 5000 : 1 + noise(position, row, word) / 2) : 0))
      )
    }
    const matrix = new PositionMatrix(
      statistics,
      Array.from({ length: statistics.rows }, (_, row) => row),
      PYRAMID_LEVELS
    )
    expect(robustDomain(sampleValues(matrix, 'absmax'))?.high).toBeLessThan(1.5)
  })

  it('samples only finite, captured cells', () => {
    const statistics = new TraceStatistics(1)
    statistics.write(0, plain(1, 0))
    statistics.write(3, plain(1, 3))
    const matrix = new PositionMatrix(statistics, [1, 2], PYRAMID_LEVELS)
    const ascending = (a: number, b: number) => a - b
    const expected = [noise(0, 1, 0), noise(0, 2, 0), noise(3, 1, 0), noise(3, 2, 0)].sort(ascending)
    expect([...sampleValues(matrix, 'min')].sort(ascending)).toEqual(expected)
  })
})
