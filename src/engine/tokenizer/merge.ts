import { MergeHeap } from './merge-heap'
import type { MergeTable } from './merge-table'

/** Up to this many symbols a plain scan for the best pair beats the heap (measured: equal near 40). */
const SCAN_LIMIT = 32

/**
 * Byte-pair encoding of one run of symbols, in place: join the pair of lowest rank, the leftmost of equals, until no pair joins
 * (Sennrich et al. 2016, arXiv:1508.07909; SentencePiece BPE, Kudo & Richardson 2018, is the same with the piece's score as rank).
 * O(n log n) in the number of symbols, no recursion.
 * @returns how many symbols are left at the front of `symbols`
 */
export function mergeSymbols(symbols: Int32Array, count: number, table: MergeTable): number {
  return count <= SCAN_LIMIT ? mergeByScan(symbols, count, table) : mergeByHeap(symbols, count, table)
}

const scanRanks = new Int32Array(SCAN_LIMIT)
const scanMerged = new Int32Array(SCAN_LIMIT)
const NO_PAIR = 0x7fffffff

export function mergeByScan(symbols: Int32Array, count: number, table: MergeTable): number {
  const ranks = count <= SCAN_LIMIT ? scanRanks : new Int32Array(count)
  const merged = count <= SCAN_LIMIT ? scanMerged : new Int32Array(count)
  const look = (at: number): void => {
    if (at < 0) return
    const joins = at + 1 < count && table.find(symbols[at] as number, symbols[at + 1] as number)
    ranks[at] = joins ? table.rank : NO_PAIR
    merged[at] = table.merged
  }
  for (let at = 0; at < count; at++) look(at)
  while (count > 1) {
    let best = 0
    for (let at = 1; at < count; at++) if ((ranks[at] as number) < (ranks[best] as number)) best = at
    if (ranks[best] === NO_PAIR) break
    symbols[best] = merged[best] as number
    symbols.copyWithin(best + 1, best + 2, count)
    ranks.copyWithin(best + 1, best + 2, count)
    merged.copyWithin(best + 1, best + 2, count)
    count -= 1
    look(best)
    look(best - 1)
  }
  return count
}

export function mergeByHeap(symbols: Int32Array, count: number, table: MergeTable): number {
  const next = new Int32Array(count)
  const previous = new Int32Array(count)
  for (let at = 0; at < count; at++) {
    next[at] = at + 1 < count ? at + 1 : -1
    previous[at] = at - 1
  }
  const heap = new MergeHeap(count)
  const offer = (left: number, right: number): void => {
    if (left >= 0 && right >= 0 && table.find(symbols[left] as number, symbols[right] as number)) heap.push(table.rank, left)
  }
  for (let at = 0; at + 1 < count; at++) offer(at, at + 1)
  while (heap.pop()) {
    const left = heap.position
    const right = next[left] as number
    // An entry is stale when either side has been joined since: then the pair that stands there now joins at another rank, or not at all.
    // What was joined away has no neighbour.
    if (right < 0 || !table.find(symbols[left] as number, symbols[right] as number) || table.rank !== heap.rank) continue
    symbols[left] = table.merged
    const after = next[right] as number
    next[left] = after
    next[right] = -1
    if (after >= 0) previous[after] = left
    offer(previous[left] as number, left)
    offer(left, after)
  }
  let kept = 0
  for (let at = 0; at >= 0 && at < count; at = next[at] as number) symbols[kept++] = symbols[at] as number
  return kept
}
