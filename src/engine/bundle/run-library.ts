import type { DiskUse, RunList, RunListQuery, RunRow } from '../../shared/protocol'
import type { RunCard } from './run-files'

const SORTS: Readonly<Record<NonNullable<RunListQuery['sort']>, (a: RunRow, b: RunRow) => number>> = {
  newest: (a, b) => b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id),
  oldest: (a, b) => a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id),
  largest: (a, b) => b.sizeBytes - a.sizeBytes,
  fastest: (a, b) => b.summary.decodeTokensPerSecond - a.summary.decodeTokensPerSecond,
  name: (a, b) => a.name.localeCompare(b.name)
}
const DEFAULT_LIMIT = 100

/** The rows that a query asks for. Search is by words, all of which must appear somewhere; accents and case as written. */
export function queryRuns(cards: Iterable<RunCard>, query: RunListQuery, disk: DiskUse): RunList {
  const words = (query.search ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  const rows: RunRow[] = []
  for (const card of cards) {
    const { row } = card
    if (query.tag !== undefined && !row.tags.includes(query.tag)) continue
    if (query.modelSha256 !== undefined && row.modelSha256 !== query.modelSha256) continue
    if (words.length > 0) {
      const facts = `${row.name}\n${row.tags.join(' ')}\n${row.modelFileName}\n${row.backend}\n${row.quantLabel}`.toLowerCase()
      if (!words.every((word) => facts.includes(word) || card.searchText.includes(word))) continue
    }
    rows.push(row)
  }
  rows.sort(SORTS[query.sort ?? 'newest'])
  const offset = query.offset ?? 0
  return { rows: rows.slice(offset, offset + (query.limit ?? DEFAULT_LIMIT)), total: rows.length, disk }
}

/**
 * Which runs to remove so that the rest fit: the oldest that nobody pinned, never one that is still running. Empty when they
 * fit, or when only pinned ones are left.
 */
export function runsToEvict(rows: readonly RunRow[], boundBytes: number): readonly string[] {
  let used = rows.reduce((sum, row) => sum + row.sizeBytes, 0)
  const evicted: string[] = []
  for (const row of rows.filter((candidate) => !candidate.pinned && candidate.state !== 'running').sort(SORTS.oldest)) {
    if (used <= boundBytes) break
    used -= row.sizeBytes
    evicted.push(row.id)
  }
  return evicted
}
