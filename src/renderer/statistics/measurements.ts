import { TIMED_BLOCKS, TRACE_STATS_WORDS } from '../../shared/model/trace-points'
import type { TokenFrame } from '../../shared/protocol/token-frame'
import { BlockTimings } from './block-timings'
import { TraceStatistics } from './trace-statistics'

/** What was measured in one run, by position: statistics of its tensors and where its time went. */
export interface RunMeasurements {
  readonly handle: number
  readonly layerCount: number
  /** Absent until the first row with statistics: the run was not captured, or not yet. */
  readonly trace: TraceStatistics | undefined
  readonly timings: BlockTimings
  /** Block times came with the rows. */
  readonly timed: boolean
  /** Ids of the tokens that went in, by position; -1 where unknown. */
  readonly inputIds: readonly number[]
}

interface Entry extends RunMeasurements {
  trace: TraceStatistics | undefined
  timed: boolean
  readonly inputIds: number[]
  lastUse: number
}

/** Runs kept at the same time; the one unused for longest goes. A run of 80 layers and 4,096 tokens takes up to 200 MiB. */
const MOST_BYTES = 384 * 1024 * 1024

/** All runs whose frames came to this page. Arrays live here, outside React; views are told that a run changed and read on. */
export class Measurements {
  private readonly runs = new Map<number, Entry>()
  private readonly listeners = new Set<(handle: number) => void>()
  private uses = 0

  /** Takes in a frame of any run. */
  receive(frame: TokenFrame): void {
    const entry = this.entry(frame.handle, frame.layerCount)
    const blockWidth = (frame.layerCount + 1) * TIMED_BLOCKS.length
    if (frame.blockMilliseconds.length > 0) entry.timed = true
    if (frame.pointCount > 0) entry.trace ??= new TraceStatistics(frame.layerCount)
    for (let row = 0; row < frame.count; row++) {
      const position = frame.positions[row] as number
      entry.timings.write(
        position,
        frame.stepMilliseconds[row] as number,
        frame.phase === 'generated',
        frame.blockMilliseconds,
        row * blockWidth
      )
      while (entry.inputIds.length < position) entry.inputIds.push(-1)
      entry.inputIds.length = position
      entry.inputIds.push(frame.inputIds[row] as number)
      if (frame.pointCount > 0) entry.trace?.write(position, frame.statsCounts, row * frame.pointCount * TRACE_STATS_WORDS)
      else entry.trace?.truncate(position)
    }
    this.bound(frame.handle)
    for (const listener of this.listeners) listener(frame.handle)
  }

  of(handle: number | undefined): RunMeasurements | undefined {
    const entry = handle === undefined ? undefined : this.runs.get(handle)
    if (entry !== undefined) entry.lastUse = ++this.uses
    return entry
  }

  /** Handles are void when the engine host started again. */
  clear(): void {
    this.runs.clear()
    for (const listener of this.listeners) listener(-1)
  }

  /** Called after every frame; handle -1 = all runs went. */
  subscribe(listener: (handle: number) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private entry(handle: number, layerCount: number): Entry {
    let entry = this.runs.get(handle)
    if (entry === undefined || entry.layerCount !== layerCount) {
      entry = {
        handle,
        layerCount,
        trace: undefined,
        timings: new BlockTimings(layerCount),
        timed: false,
        inputIds: [],
        lastUse: ++this.uses
      }
      this.runs.set(handle, entry)
    }
    return entry
  }

  /** Drops the runs unused for longest while all together are too large; never `keep`, and never the one before it. */
  private bound(keep: number): void {
    if (this.runs.size <= 2) return
    const bytes = () => [...this.runs.values()].reduce((sum, entry) => sum + (entry.trace?.sizeBytes ?? 0), 0)
    const byAge = [...this.runs.values()].filter((entry) => entry.handle !== keep).sort((a, b) => a.lastUse - b.lastUse)
    for (const entry of byAge.slice(0, -1)) {
      if (bytes() <= MOST_BYTES) return
      this.runs.delete(entry.handle)
    }
  }
}

/** The page's. */
export const measurements = new Measurements()
