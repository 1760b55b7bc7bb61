import type { FinishReason, GenerationSummary, RunDetail } from '../../shared/protocol'
import type { Slice } from './slice'

/** What the engine is doing for us now. */
export interface LiveGeneration {
  readonly runId: string
  readonly handle: number
  readonly phase: 'prompt' | 'generating'
  readonly promptDone: number
  readonly promptTotal: number
  /** Tokens the run had when this generation began (more than the prompt's when continued). */
  readonly tokensBefore: number
  readonly startedAt: number
  readonly firstTokenAt: number | undefined
}

/** How a run that this page has seen stands; the arrays are in the run registry. */
export interface RunState {
  readonly detail: RunDetail
  readonly finished: FinishReason | undefined
  readonly summary: GenerationSummary | undefined
}

export interface SessionSlice {
  /** Redraw counters: `tick` once per animation frame with new rows, `slowTick` at most ten times a second (charts). */
  readonly tick: number
  readonly slowTick: number
  readonly live: LiveGeneration | undefined
  /** Asked to generate, not yet answered. */
  readonly starting: boolean
  readonly runs: Readonly<Record<string, RunState>>
  /** Predictions shown one after the other, for undo and redo; '' is "nothing generated". */
  readonly history: readonly string[]
  readonly historyAt: number
  /** Grows when the library of runs changed. */
  readonly libraryRevision: number
  /** How far a run is being computed again. */
  readonly checkProgress: { readonly runId: string; readonly done: number; readonly total: number } | undefined
  /** A file to open that was named outside the page; who opens it clears it. */
  readonly openRequest: string | undefined
  /** A menu item of the desktop app; `count` makes equal ones distinct. */
  readonly menuCommand: { readonly command: string; readonly count: number }
  readonly setSession: (part: Partial<Omit<SessionSlice, 'setSession' | 'setRun' | 'pushHistory'>>) => void
  readonly setRun: (runId: string, part: Partial<RunState> & { readonly detail: RunDetail }) => void
  readonly pushHistory: (runId: string) => void
}

export const sessionSlice: Slice<SessionSlice> = (set) => ({
  tick: 0,
  slowTick: 0,
  live: undefined,
  starting: false,
  runs: {},
  history: [''],
  historyAt: 0,
  libraryRevision: 0,
  checkProgress: undefined,
  openRequest: undefined,
  menuCommand: { command: '', count: 0 },
  setSession: (part) => set(part),
  setRun: (runId, part) =>
    set((state) => {
      const known = state.runs[runId] ?? { detail: part.detail, finished: undefined, summary: undefined }
      return { runs: { ...state.runs, [runId]: { ...known, ...part } } }
    }),
  pushHistory: (runId) =>
    set((state) => {
      const kept = state.history.slice(0, state.historyAt + 1)
      if (kept[kept.length - 1] === runId) return state
      return { history: [...kept, runId], historyAt: kept.length }
    })
})
