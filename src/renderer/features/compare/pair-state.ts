import { create } from 'zustand'
import type { LayersMode } from '../layers/view-state'
import type { TraceField } from '../../../shared/model/trace-points'
import type { NoiseReport } from '../../../shared/protocol'

export const SIDES = ['a', 'b', 'difference'] as const
export type Side = (typeof SIDES)[number]

/** Which two runs are compared and how. B is what is judged, A what it is judged against. */
export interface PairState {
  /** Two runs, or the numeric checks. */
  readonly tab: 'runs' | 'checks'
  readonly a: string | undefined
  readonly b: string | undefined
  readonly side: Side
  readonly field: TraceField
  readonly mode: LayersMode
  /** Measured noise floors by run. */
  readonly noise: Readonly<Record<string, NoiseReport>>
  readonly measuring: boolean
  readonly change: (part: Partial<Omit<PairState, 'change' | 'swap'>>) => void
  readonly swap: () => void
}

export const usePairState = create<PairState>()((set) => ({
  tab: 'runs',
  a: undefined,
  b: undefined,
  side: 'difference',
  field: 'rms',
  mode: 'everything',
  noise: {},
  measuring: false,
  change: (part) => set(part),
  swap: () => set((state) => ({ a: state.b, b: state.a }))
}))
