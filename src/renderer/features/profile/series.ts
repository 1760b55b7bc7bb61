import { TIMED_BLOCKS, type TimedBlock } from '../../../shared/model/trace-points'
import type { ChartSeries } from '../../ui/StackedChart'

/** One colour a block, the same in chart, table and legend. */
export const BLOCK_COLORS: Readonly<Record<TimedBlock, string>> = {
  embedding: 'var(--series-5)',
  norm: 'var(--series-4)',
  qkv: 'var(--series-7)',
  attention: 'var(--series-1)',
  ffn: 'var(--series-2)',
  lm_head: 'var(--series-3)',
  sampling: 'var(--series-8)',
  host_gap: 'var(--series-6)'
}

export const blockSeries = (unaccounted: string | undefined): readonly ChartSeries[] => [
  ...TIMED_BLOCKS.map((block) => ({ id: block, name: block, color: BLOCK_COLORS[block] })),
  ...(unaccounted === undefined ? [] : [{ id: 'unaccounted', name: unaccounted, color: 'var(--line-strong)' }])
]
