import type { RunState } from '../../store/session'

/** Where one run left another, from the root of the tree to the shown run. */
export interface BranchStep {
  readonly runId: string
  /** Position where this run left its parent; undefined for the root. */
  readonly position: number | undefined
  readonly tokenId: number | undefined
  /** Runs that left the same parent at the same position, this one included, and the parent itself. */
  readonly alternatives: readonly string[]
}

type Runs = Readonly<Record<string, RunState>>

const parentOf = (runs: Runs, runId: string) => runs[runId]?.detail.row.parent

export function branchTrail(runs: Runs, runId: string): readonly BranchStep[] {
  const steps: BranchStep[] = []
  const seen = new Set<string>()
  let current: string | undefined = runId
  while (current !== undefined && !seen.has(current)) {
    seen.add(current)
    const parent = parentOf(runs, current)
    const siblings =
      parent === undefined
        ? []
        : Object.keys(runs).filter((id) => {
            const other = parentOf(runs, id)
            return other?.runId === parent.runId && other.position === parent.position
          })
    steps.unshift({
      runId: current,
      position: parent?.position,
      tokenId: parent?.tokenId,
      alternatives: parent === undefined ? [] : [parent.runId, ...siblings]
    })
    current = parent?.runId
  }
  return steps
}

/** Positions of the run at which others branch off, or at which it branched off itself. */
export function branchPositions(runs: Runs, runId: string): ReadonlySet<number> {
  const positions = new Set<number>()
  for (const state of Object.values(runs)) {
    const { parent, id } = state.detail.row
    if (parent !== undefined && (parent.runId === runId || id === runId)) positions.add(parent.position)
  }
  return positions
}
