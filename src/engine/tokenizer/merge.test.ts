import { describe, expect, it } from 'vitest'
import { mergeByHeap, mergeByScan } from './merge'
import { type Merge, MergeTable } from './merge-table'
import { seededRandom } from './testing'

/** The specification: look at every pair, join the leftmost of the best, begin again. */
function mergeSlowly(symbols: readonly number[], rules: ReadonlyMap<string, Merge>): number[] {
  const left = [...symbols]
  for (;;) {
    let best = -1
    let bestRank = Number.POSITIVE_INFINITY
    for (let at = 0; at + 1 < left.length; at++) {
      const rank = rules.get(`${left[at]} ${left[at + 1]}`)?.rank ?? Number.POSITIVE_INFINITY
      if (rank < bestRank) [best, bestRank] = [at, rank]
    }
    if (best < 0) return left
    left.splice(best, 2, rules.get(`${left[best]} ${left[best + 1]}`)?.merged ?? -1)
  }
}

function randomRules(random: () => number, count: number, alphabet: number): Map<string, Merge> {
  const rules = new Map<string, Merge>()
  for (let i = 0; i < count; i++) {
    const symbols = alphabet + i
    const pair = `${Math.floor(random() * symbols)} ${Math.floor(random() * symbols)}`
    // Equal ranks happen: SentencePiece pieces may share a score.
    if (!rules.has(pair)) rules.set(pair, { rank: Math.floor(random() * count), merged: alphabet + i })
  }
  return rules
}

describe('merging', () => {
  it('by scan and by heap gives what the slow way gives', () => {
    const random = seededRandom(1)
    for (let round = 0; round < 600; round++) {
      const rules = randomRules(random, 1 + Math.floor(random() * 60), 2 + Math.floor(random() * 4))
      const table = new MergeTable((left, right) => rules.get(`${left} ${right}`))
      const length = Math.floor(random() * (round % 10 === 0 ? 150 : 40))
      const symbols = Array.from({ length }, () => Math.floor(random() * 4))
      const expected = mergeSlowly(symbols, rules)
      for (const merge of [mergeByScan, mergeByHeap]) {
        const buffer = Int32Array.from(symbols)
        const left = merge(buffer, length, table)
        expect(Array.from(buffer.subarray(0, left))).toEqual(expected)
      }
    }
  })

  it('takes a long run of one symbol', () => {
    const doubling = new MergeTable((left, right) => (left === right && left < 12 ? { rank: left, merged: left + 1 } : undefined))
    const symbols = new Int32Array(200_000)
    const left = mergeByHeap(symbols, symbols.length, doubling)
    // 200,000 = 48 · 4096 + 2048 + 1024 + 256 + 64
    expect(left).toBe(48 + 4)
    expect(symbols.subarray(0, left).reduce((sum, symbol) => sum + 2 ** symbol, 0)).toBe(200_000)
  })
})

describe('MergeTable', () => {
  it('asks once a pair, grows, and forgets on clear', () => {
    let asked = 0
    let wrong = 0
    const table = new MergeTable((left, right) => {
      asked += 1
      return (left + right) % 3 === 0 ? { rank: left, merged: right } : undefined
    })
    for (let round = 0; round < 2; round++) {
      for (let left = 0; left < 300; left++) {
        for (let right = 0; right < 300; right++) {
          const joins = table.find(left, right)
          if (joins !== ((left + right) % 3 === 0)) wrong += 1
          if (joins && (table.rank !== left || table.merged !== right)) wrong += 1
        }
      }
    }
    expect(wrong).toBe(0)
    expect(asked).toBe(90_000)
    table.clear()
    table.find(1, 2)
    expect(asked).toBe(90_001)
  })
})
