import type { TensorRow } from '../../../shared/protocol'

export type TensorColumn = 'name' | 'type' | 'shape' | 'elements' | 'bytes' | 'offset'
export interface TensorSort {
  readonly column: TensorColumn
  readonly descending: boolean
}

const collator = new Intl.Collator('en', { numeric: true })

const COMPARE: Readonly<Record<TensorColumn, (a: TensorRow, b: TensorRow) => number>> = {
  name: (a, b) => collator.compare(a.name, b.name),
  type: (a, b) => collator.compare(a.type, b.type),
  shape: (a, b) => collator.compare(a.shape.join(' '), b.shape.join(' ')),
  elements: (a, b) => a.elementCount - b.elementCount,
  bytes: (a, b) => a.sizeBytes - b.sizeBytes,
  offset: (a, b) => a.file - b.file || a.offsetBytes - b.offsetBytes
}

/** Tensors that hold every word of the search in name, type or shape ("blk.3 q4_k", "512x512"), sorted; ties by name. */
export function listTensors(tensors: readonly TensorRow[], search: string, sort: TensorSort): readonly TensorRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const matching = tensors.filter((tensor) => {
    const text = `${tensor.name} ${tensor.type} ${tensor.shape.join('x')}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
  const direction = sort.descending ? -1 : 1
  return matching.sort((a, b) => direction * COMPARE[sort.column](a, b) || COMPARE.name(a, b))
}

/** "1.1 B", "22.0 M": how many parameters, as people say it. */
export function formatCount(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} B`
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} M`
  return count >= 1e4 ? `${(count / 1e3).toFixed(1)} K` : String(count)
}
