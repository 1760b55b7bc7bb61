import type { RecordedDetail } from '../engine/bundle/bundle'
import { generatedIds } from '../engine/bundle/columns'
import type { RunStore } from '../engine/bundle/run-store'
import type { RunDetail } from '../shared/protocol'

/** A run that this host knows by a handle: its sequence is at hand. */
export interface OpenRun {
  readonly handle: number
  readonly id: string
  detail: RecordedDetail
  /** Prompt and generated tokens. */
  ids: readonly number[]
  text: string
  /** False while, and after, this host generates it. */
  readonly recorded: boolean
}

/** Handles and sequences of runs, live and recorded. */
export class OpenRuns {
  private readonly runs = new Map<string, OpenRun>()
  private nextHandle = 1

  constructor(private readonly store: RunStore) {}

  add(detail: RecordedDetail, ids: readonly number[], text: string, recorded: boolean): OpenRun {
    const run: OpenRun = { handle: this.nextHandle++, id: detail.row.id, detail, ids, text, recorded }
    this.runs.set(run.id, run)
    return run
  }

  /** Opens it from the library when this host does not know it yet. */
  async open(id: string): Promise<OpenRun> {
    const known = this.runs.get(id)
    if (known !== undefined && this.store.has(id)) return known
    const { detail, columns } = await this.store.read(id)
    const generated = generatedIds(columns).subarray(0, detail.row.summary.generatedTokens)
    return this.add(detail, [...detail.promptIds, ...generated], new TextDecoder().decode(columns.text), true)
  }

  forget(id: string): void {
    this.runs.delete(id)
  }

  /** As a page receives it, with the name and tags that the library has now. */
  detailOf(run: OpenRun): RunDetail {
    return {
      ...run.detail,
      row: this.store.has(run.id) ? this.store.row(run.id) : run.detail.row,
      handle: run.handle,
      recorded: run.recorded
    }
  }
}
