import type { RunDetail, TokenFrame } from '../../shared/protocol'
import { RunColumns } from './run-columns'

/** Runs whose arrays stay in the page besides the live and the shown one; the library has all of them. */
const KEPT_RUNS = 8

/** The arrays of the runs that this page looks at. Outside React: components redraw by the store's `tick`. */
class RunRegistry {
  private readonly runs = new Map<string, RunColumns>()
  private readonly byHandle = new Map<number, RunColumns>()

  get(runId: string | undefined): RunColumns | undefined {
    return runId === undefined ? undefined : this.runs.get(runId)
  }

  list(): readonly RunColumns[] {
    return [...this.runs.values()]
  }

  /** Takes up a run, or its new detail when it is here already (continued, or opened again). */
  adopt(detail: RunDetail): RunColumns {
    const id = detail.row.id
    const known = this.runs.get(id)
    const columns = known ?? new RunColumns(detail)
    if (known !== undefined) {
      this.byHandle.delete(known.detail.handle)
      known.setDetail(detail)
    }
    // Newest last: the map's order is the order of use.
    this.runs.delete(id)
    this.runs.set(id, columns)
    this.byHandle.set(detail.handle, columns)
    return columns
  }

  /** Frames of runs that nobody here looks at are dropped: the run can be opened later. */
  write(frame: TokenFrame): RunColumns | undefined {
    const columns = this.byHandle.get(frame.handle)
    columns?.write(frame)
    return columns
  }

  ofHandle(handle: number): RunColumns | undefined {
    return this.byHandle.get(handle)
  }

  /** Handles mean nothing to a new engine host. */
  forgetHandles(): void {
    this.byHandle.clear()
  }

  forget(runId: string): void {
    const columns = this.runs.get(runId)
    if (columns === undefined) return
    this.runs.delete(runId)
    this.byHandle.delete(columns.detail.handle)
  }

  /** Lets go of the arrays used longest ago, except those of `keep`. */
  trim(keep: readonly (string | undefined)[]): void {
    for (const id of this.runs.keys()) {
      if (this.runs.size <= KEPT_RUNS) return
      if (!keep.includes(id)) this.forget(id)
    }
  }
}

export const runRegistry = new RunRegistry()
