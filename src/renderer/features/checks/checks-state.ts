import { create } from 'zustand'
import type { GretaErrorData } from '../../../shared/errors'
import type { Answer, Sequence, Side } from '../../../shared/protocol'

export const TOOLS = ['parity', 'divergence', 'equivalence', 'health', 'faultLab'] as const
export type Tool = (typeof TOOLS)[number]

export type Report<T extends Tool> = Answer<`numerics.${T}`>
/** A report with what it was made of: a later change of the settings must not relabel it. */
export interface Finished<T extends Tool> {
  readonly report: Report<T>
  readonly reference: Side
  readonly test: Side
  readonly sequence: Sequence
  readonly milliseconds: number
}
type Reports = { readonly [T in Tool]?: Finished<T> }

/** Where the tokens come from. */
export const SOURCES = ['run', 'prompt', 'text'] as const
export type Source = (typeof SOURCES)[number]

/** The parts of a side that a person chooses; '' = as the loaded model. */
export interface SideChoice {
  readonly path: string
  readonly backend: string
  readonly kvType: '' | 'f32' | 'f16'
  readonly precision: '' | 'f32' | 'bf16'
}

const AS_LOADED: SideChoice = { path: '', backend: '', kvType: '', precision: '' }
const SAMPLE_TEXT = 'Once upon a time there was a little robot who lived in a garden. Every morning it watered the flowers.'

export interface ChecksState {
  readonly tool: Tool
  readonly reference: SideChoice
  readonly test: SideChoice
  readonly source: Source
  readonly text: string
  readonly running: Tool | undefined
  readonly cancelling: boolean
  readonly reports: Reports
  readonly errors: { readonly [T in Tool]?: GretaErrorData }
  readonly change: (part: Partial<Omit<ChecksState, 'change'>>) => void
}

/** What is being checked and what came of it. Stays while other views are shown. */
export const useChecks = create<ChecksState>()((set) => ({
  tool: 'parity',
  reference: { ...AS_LOADED, backend: 'reference' },
  test: AS_LOADED,
  source: 'run',
  text: SAMPLE_TEXT,
  running: undefined,
  cancelling: false,
  reports: {},
  errors: {},
  change: (part) => set(part)
}))

/** Where the tokens really come from: the own text until a run is shown. */
export const sourceNow = (source: Source, runId: string | undefined): Source => (source === 'run' && runId === undefined ? 'text' : source)

export const sideOf = ({ path, backend, kvType, precision }: SideChoice): Side => ({
  ...(path === '' ? {} : { path }),
  ...(backend === '' ? {} : { backend }),
  ...(kvType === '' ? {} : { kvType }),
  ...(precision === '' ? {} : { precision })
})
