import { describe, expect, it } from 'vitest'
import { TRACE_FLOAT_FIELDS, TRACE_STATS_WORDS } from '../../shared/model/trace-points'
import { loadSession } from '../session'
import { bundledModel } from '../session/test-support/models'
import { compareRepeat, measureNoise } from './noise-floor'

describe('noise floor', () => {
  it('is what repeats differ by, field by field and point by point', () => {
    const points = 2
    const row = (rms: number): number[] => [1, 2, Number.NaN, rms, 4, 0, 0, 0, 0, 0]
    const first = { statistics: Float32Array.from([...row(8), ...row(8)]), hashes: BigUint64Array.of(1n, 2n) }
    const again = { statistics: Float32Array.from([...row(8), ...row(6)]), hashes: BigUint64Array.of(1n, 3n) }
    expect(first.statistics).toHaveLength(points * TRACE_STATS_WORDS)
    const differences = TRACE_FLOAT_FIELDS.map(() => Array.from({ length: points }, (): number[] => []))
    expect(compareRepeat(first, again, points, differences)).toEqual({ differingRows: 1, largest: 0.25 })
    // Two NaN are the same finding, not a difference.
    expect(differences).toEqual([
      [[0], [0]],
      [[0], [0]],
      [[0], [0]],
      [[0], [0.25]],
      [[0], [0]]
    ])
  })

  it('is 0 on the cpu backend, whose bits do not depend on chunks or threads', async () => {
    const session = await loadSession(bundledModel, { context: 64, threads: 2 })
    const second = await loadSession(bundledModel, { context: 64, threads: 1 })
    try {
      const report = await measureNoise(session, second, session.tokenizer.encode('Once upon a time there was a cat.'))
      expect(report.verdict).toBe('bit-identical')
      expect(report.repeats.map(({ differingRows }) => differingRows)).toEqual([0, 0, 0, 0, 0, 0])
      expect(report.floors.map(({ largest }) => largest)).toEqual([0, 0, 0, 0, 0])
    } finally {
      await Promise.all([session.close(), second.close()])
    }
  })
})
