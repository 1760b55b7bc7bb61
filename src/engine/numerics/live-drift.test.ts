import { describe, expect, it } from 'vitest'
import { candidateDivergence } from './candidate-divergence'
import { kullbackLeibler, logSumExp, topIndices } from './distribution'
import type { DriftReference, DriftRow } from './drift-rows'
import { compareDriftRows, DriftFollower, type DriftStep } from './live-drift'
import { SKETCH_ROWS, sketchOf, sketchRelativeError } from './sketch'

/** Deterministic values, roughly normal. */
function noise(seed: number): () => number {
  let state = seed
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return ((state >>> 8) + 0.5) / 2 ** 24
  }
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}

describe('sketches', () => {
  it('is linear and the same every time', () => {
    const next = noise(1)
    const a = Float32Array.from({ length: 97 }, next)
    expect(sketchOf(a)).toEqual(sketchOf(a.slice()))
    const doubled = sketchOf(Float32Array.from(a, (value) => 2 * value))
    for (const [k, value] of sketchOf(a).entries()) expect(doubled[k]).toBeCloseTo(2 * value, 4)
    expect(sketchOf(new Float32Array(0))).toEqual(new Float32Array(SKETCH_ROWS))
  })

  it('estimates relative errors from 1e-1 to 1e-6 within 18 % in 95 % of cases, massive channels included', () => {
    const next = noise(7)
    let within = 0
    let cases = 0
    for (const size of [1e-1, 1e-3, 1e-5]) {
      for (let trial = 0; trial < 100; trial += 1) {
        const reference = Float32Array.from({ length: 512 }, (_, i) => next() * (i < 4 ? 200 : 1))
        const test = Float32Array.from(reference, (value) => value + size * next())
        let difference2 = 0
        let reference2 = 0
        for (const [i, value] of reference.entries()) {
          difference2 += ((test[i] as number) - value) ** 2
          reference2 += value ** 2
        }
        // The reference norm is taken from the sketch as well, as in use; compare the difference norms.
        const sketchedReference = sketchOf(reference)
        const estimate = sketchRelativeError(sketchedReference, sketchOf(test)) * Math.hypot(...sketchedReference)
        const truth = Math.sqrt(difference2)
        if (reference2 > 0 && Math.abs(estimate / truth - 1) < 0.2) within += 1
        cases += 1
      }
    }
    expect(within / cases).toBeGreaterThan(0.93)
  })
})

function rowFromLogits(position: number, logits: Float32Array, sketches = new Float32Array(SKETCH_ROWS)): DriftRow {
  const candidateIds = Int32Array.from(topIndices(logits, 10))
  return {
    position,
    sketches,
    candidateIds,
    candidateLogits: Float32Array.from(candidateIds, (id) => logits[id] as number),
    logSumExp: logSumExp(logits)
  }
}

describe('candidate divergence', () => {
  it('never exceeds the true divergence and is close to it', () => {
    const next = noise(3)
    for (let trial = 0; trial < 50; trial += 1) {
      const p = Float32Array.from({ length: 300 }, () => 4 * next())
      const q = Float32Array.from(p, (value) => value + 0.3 * next())
      const bound = candidateDivergence(rowFromLogits(0, p), rowFromLogits(0, q))
      expect(bound).toBeGreaterThanOrEqual(0)
      expect(bound).toBeLessThanOrEqual(kullbackLeibler(p, q) + 1e-6)
    }
    const same = Float32Array.from({ length: 300 }, next)
    expect(candidateDivergence(rowFromLogits(0, same), rowFromLogits(0, same))).toBe(0)
  })

  it('sees a flip of the favourite', () => {
    const step = compareDriftRows(rowFromLogits(5, Float32Array.of(2, 1, 0)), rowFromLogits(5, Float32Array.of(1, 2, 0)), 3)
    expect(step).toMatchObject({ position: 5, flip: true, referenceTop: 0, testTop: 1, lag: 3 })
  })
})

describe('DriftFollower', () => {
  it('compares everything in order without holding up the producer, and says how far behind it is', async () => {
    const release: (() => void)[] = []
    const reference: DriftReference = {
      label: 'held back',
      hasLayers: true,
      rows: (_ids, from, to) =>
        new Promise((resolve) => {
          release.push(() => resolve(Array.from({ length: to - from }, (_, i) => rowFromLogits(from + i, Float32Array.of(1, 0)))))
        })
    }
    const steps: DriftStep[] = []
    const follower = new DriftFollower(reference, [1, 2], (more) => steps.push(...more))
    follower.push([rowFromLogits(1, Float32Array.of(1, 0))], [7])
    follower.push([rowFromLogits(2, Float32Array.of(1, 0)), rowFromLogits(3, Float32Array.of(0, 1))], [8, 9])
    release.shift()?.()
    await Promise.resolve()
    while (release.length === 0) await new Promise((resolve) => setImmediate(resolve))
    release.shift()?.()
    await follower.settled()
    expect(steps.map((step) => [step.position, step.lag, step.flip])).toEqual([
      [1, 2, false],
      [2, 0, false],
      [3, 0, true]
    ])
  })

  it('waits for whoever asked the same reference before it', async () => {
    let asked = 0
    let most = 0
    const answers: (() => void)[] = []
    const reference = {
      label: 'slow',
      hasLayers: true,
      rows: async (_ids: readonly number[], from: number) => {
        asked += 1
        most = Math.max(most, asked)
        await new Promise<void>((answer) => answers.push(answer))
        asked -= 1
        return [rowFromLogits(from, Float32Array.of(1, 2, 3))]
      }
    } as unknown as DriftReference
    const seen: number[] = []
    const earlier = new DriftFollower(reference, [1], () => seen.push(-1))
    earlier.push([rowFromLogits(0, Float32Array.of(1, 2, 3))], [2])
    await new Promise(setImmediate)
    earlier.stop()
    const later = new DriftFollower(reference, [1], (steps) => seen.push(...steps.map(({ position }) => position)), earlier)
    later.push([rowFromLogits(5, Float32Array.of(1, 2, 3))], [2])
    await new Promise(setImmediate)
    expect(answers).toHaveLength(1)
    answers[0]?.()
    await new Promise(setImmediate)
    answers[1]?.()
    await later.settled()
    expect(most).toBe(1)
    expect(seen).toEqual([5])
  })

  it('keeps what the reference reports for settled(), and rejects nothing that nobody waits for', async () => {
    const reference = { label: 'broken', hasLayers: true, rows: async () => Promise.reject(new Error('gone')) } as unknown as DriftReference
    const follower = new DriftFollower(reference, [1], () => undefined)
    follower.push([rowFromLogits(0, Float32Array.of(1, 2, 3))], [2])
    await new Promise(setImmediate)
    await expect(follower.settled()).rejects.toThrow('gone')
  })
})
