import { create } from 'zustand'
import type { Sequence, Side } from '../../../../shared/protocol'

export const TOOLS = ['parity', 'equivalence', 'health', 'faultLab'] as const
export type ToolName = (typeof TOOLS)[number]
export type CompareTab = 'runs' | ToolName

export interface ToolState {
  readonly tab: CompareTab
  readonly reference: Side
  readonly tested: Side
  readonly source: 'run' | 'text'
  readonly text: string
  readonly change: (part: Partial<Omit<ToolState, 'change'>>) => void
}

/** Sides and text of the numeric tools: the specification against the loaded model, until the person chooses otherwise. */
export const useToolState = create<ToolState>()((set) => ({
  tab: 'runs',
  reference: { backend: 'reference' },
  tested: { backend: 'cpu' },
  source: 'run',
  text: 'Once upon a time there was a little dog who lived in a big house.',
  change: (part) => set(part)
}))

export const sequenceOf = (source: 'run' | 'text', text: string, runId: string | undefined): Sequence =>
  source === 'run' && runId !== undefined ? { kind: 'run', runId } : { kind: 'text', text }
