/** What the filter field means. '' lets everything through. */
export type Filter =
  | { readonly kind: 'all' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'pattern'; readonly pattern: RegExp }
  | { readonly kind: 'id'; readonly id: number }
  | { readonly kind: 'invalid'; readonly reason: string }

/** "the": text, any case · "/^ing$/i": regular expression · "#279": id. */
export function parseFilter(entry: string): Filter {
  if (entry === '') return { kind: 'all' }
  const id = /^#(\d+)$/.exec(entry)
  if (id !== null) return { kind: 'id', id: Number(id[1]) }
  const pattern = /^\/(.+)\/([imsu]*)$/.exec(entry)
  if (pattern === null) return { kind: 'text', text: entry.toLowerCase() }
  try {
    return { kind: 'pattern', pattern: new RegExp(pattern[1] as string, pattern[2]) }
  } catch (thrown) {
    return { kind: 'invalid', reason: thrown instanceof Error ? thrown.message : String(thrown) }
  }
}

export interface FilteredVocabulary {
  text(id: number): string | undefined
  searchable(): readonly string[]
}

/** The ids of `order` that pass, in that order. Keeps only what the sampler kept when `keptOnly` is given. */
export function applyFilter(
  order: Uint32Array,
  filter: Filter,
  vocabulary: FilteredVocabulary | undefined,
  removedBy: Uint8Array | undefined
): Uint32Array {
  const passes = predicateOf(filter, vocabulary)
  if (passes === undefined && removedBy === undefined) return order
  const kept = new Uint32Array(order.length)
  let count = 0
  for (let index = 0; index < order.length; index++) {
    const id = order[index] as number
    if (removedBy !== undefined && removedBy[id] !== 0) continue
    if (passes !== undefined && !passes(id)) continue
    kept[count] = id
    count += 1
  }
  return kept.subarray(0, count)
}

function predicateOf(filter: Filter, vocabulary: FilteredVocabulary | undefined): ((id: number) => boolean) | undefined {
  if (filter.kind === 'all' || filter.kind === 'invalid') return undefined
  if (filter.kind === 'id') return (id) => id === filter.id
  if (vocabulary === undefined) return () => false
  if (filter.kind === 'pattern') return (id) => filter.pattern.test(vocabulary.text(id) ?? '')
  const texts = vocabulary.searchable()
  return (id) => texts[id]?.includes(filter.text) === true
}
