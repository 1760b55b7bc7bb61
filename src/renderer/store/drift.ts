import { create } from 'zustand'
import type { GretaErrorData } from '../../shared/errors'
import type { DriftStepData } from '../../shared/protocol'
import type { RunColumns } from './run-columns'
import { runRegistry } from './run-registry'

/** What the reference that follows has said about one run; outside React, like the columns of a run. */
export class DriftSteps {
  private readonly byPosition: (DriftStepData | undefined)[] = []
  revision = 0
  count = 0
  /** Tokens the tested side was ahead at the newest step. */
  lag = 0
  flips = 0
  /** The first position that a recorded run had no row for. */
  unmatchedFrom: number | undefined

  /** `position` is that of the token that went in: its row chose the token at position + 1. */
  at(position: number): DriftStepData | undefined {
    return this.byPosition[position]
  }

  take(steps: readonly DriftStepData[]): void {
    for (const step of steps) {
      const known = this.byPosition[step.position]
      this.count += known === undefined ? 1 : 0
      this.flips += Number(step.flip) - Number(known?.flip === true)
      this.byPosition[step.position] = step
      this.lag = step.lag
    }
    this.revision += 1
  }
}

interface DriftState {
  /** What the reference calls itself while it follows; undefined: nothing follows. */
  readonly following: string | undefined
  readonly starting: boolean
  /** A recorded run that is to follow; undefined: the reference engine. */
  readonly runId: string | undefined
  /** False where the run that follows kept no sketches: only the distributions are compared. */
  readonly layers: boolean
  readonly error: GretaErrorData | undefined
  /** Grows with every message, for those who draw steps. */
  readonly revision: number
  readonly change: (part: Partial<Omit<DriftState, 'change'>>) => void
}

export const useDrift = create<DriftState>()((set) => ({
  following: undefined,
  starting: false,
  runId: undefined,
  layers: true,
  error: undefined,
  revision: 0,
  change: (part) => set(part)
}))

const byRun = new Map<string, DriftSteps>()
/** Steps whose run has not been named yet: they may come before the answer that begins it. */
const byHandle = new Map<number, DriftSteps>()

function stepsOf(handle: number): DriftSteps {
  const run = runRegistry.ofHandle(handle)
  const known = run === undefined ? byHandle.get(handle) : driftOf(run)
  if (known !== undefined) return known
  const made = new DriftSteps()
  if (run === undefined) byHandle.set(handle, made)
  else byRun.set(run.detail.row.id, made)
  return made
}

/** The drift of a run; undefined while no reference followed it. */
export function driftOf(run: RunColumns): DriftSteps | undefined {
  const { handle, row } = run.detail
  const early = byHandle.get(handle)
  if (early !== undefined && !byRun.has(row.id)) byRun.set(row.id, early)
  byHandle.delete(handle)
  return byRun.get(row.id)
}

export function takeDriftSteps(handle: number, steps: readonly DriftStepData[]): void {
  stepsOf(handle).take(steps)
  // A page that was reloaded learns here that the engine still follows.
  useDrift.setState((state) => ({ revision: state.revision + 1, following: state.following ?? 'reference' }))
}

export function takeDriftEnd(handle: number, error: GretaErrorData | undefined, unmatchedFrom: number | undefined): void {
  const steps = stepsOf(handle)
  steps.unmatchedFrom = unmatchedFrom
  if (error === undefined) steps.lag = 0
  useDrift.setState((state) => ({ revision: state.revision + 1, error }))
}

/** A new engine follows nobody, and its handles are its own. */
export function resetDrift(): void {
  byHandle.clear()
  useDrift.setState({ following: undefined, starting: false, runId: undefined, layers: true, error: undefined })
}
