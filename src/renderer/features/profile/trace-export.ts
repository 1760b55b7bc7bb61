import { TIMED_BLOCKS, type TimedBlock } from '../../../shared/model/trace-points'
import type { TimeSource } from './profile-data'

/** Trace Event Format ("JSON Object Format"): what Perfetto and chrome://tracing open. Times in microseconds. */
export interface TraceEvent {
  readonly name: string
  readonly ph: 'X' | 'M'
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur?: number
  readonly cat?: string
  readonly args: Readonly<Record<string, string | number>>
}

export interface TraceFile {
  readonly displayTimeUnit: 'ms'
  readonly otherData: Readonly<Record<string, string>>
  readonly traceEvents: readonly TraceEvent[]
}

const PROCESS = 1
const STEP_THREAD = 1
const BLOCK_THREAD = 2

/** Blocks in the order in which one forward pass goes through them. */
const INSIDE_LAYER: readonly TimedBlock[] = ['norm', 'qkv', 'attention', 'ffn']
const BEFORE_LAYERS: readonly TimedBlock[] = ['embedding']
const AFTER_LAYERS: readonly TimedBlock[] = ['norm', 'qkv', 'attention', 'ffn', 'lm_head', 'sampling', 'host_gap']

export interface TraceNames {
  readonly runName: string
  readonly engine: string
  readonly tokenText: (position: number) => string
}

/**
 * The run as a timeline: a track of steps (one a token) and a track of blocks. Durations are measured; within a step only the
 * order is known, so blocks stand one after the other from the step's start (said in otherData). No two slices of a track
 * overlap.
 */
export function traceFile(source: TimeSource, positions: readonly number[], names: TraceNames): TraceFile {
  const events: TraceEvent[] = [
    metadata('process_name', 0, names.engine),
    metadata('thread_name', STEP_THREAD, 'tokens'),
    metadata('thread_name', BLOCK_THREAD, 'blocks')
  ]
  for (const { position, start, duration } of stepSpans(source, positions)) {
    events.push({
      name: `token ${position}`,
      ph: 'X',
      cat: position >= source.promptCount - 1 ? 'decode' : 'prefill',
      pid: PROCESS,
      tid: STEP_THREAD,
      ts: microseconds(start),
      dur: microseconds(duration),
      args: { position, text: names.tokenText(position) }
    })
    if (source.hasBlockTimes) pushBlocks(events, source, position, start)
  }
  return {
    displayTimeUnit: 'ms',
    otherData: {
      run: names.runName,
      producer: 'GRETA Workbench',
      note: 'Durations are measured. Within a token only the order of blocks is known: they are drawn one after the other from its start.'
    },
    traceEvents: events
  }
}

const metadata = (name: string, tid: number, text: string): TraceEvent => ({
  name,
  ph: 'M',
  pid: PROCESS,
  tid,
  ts: 0,
  args: { name: text }
})

/** To a nanosecond: what Perfetto keeps. */
const microseconds = (milliseconds: number): number => Math.round(milliseconds * 1e6) / 1e3

interface StepSpan {
  readonly position: number
  readonly start: number
  readonly duration: number
}

/** When every step began. A prompt's chunk ends at one moment for all its positions: they share its time one after the other. */
function stepSpans(source: TimeSource, positions: readonly number[]): readonly StepSpan[] {
  const spans: StepSpan[] = []
  let free = 0
  for (let first = 0; first < positions.length; ) {
    const end = source.endMilliseconds.values[positions[first] as number] as number
    let last = first
    while (last + 1 < positions.length && source.endMilliseconds.values[positions[last + 1] as number] === end) last += 1
    const group = positions.slice(first, last + 1)
    const total = group.reduce((sum, position) => sum + (source.stepMilliseconds.values[position] as number), 0)
    let at = Math.max(free, Number.isFinite(end) ? end - total : free)
    for (const position of group) {
      const duration = source.stepMilliseconds.values[position] as number
      spans.push({ position, start: at, duration })
      at += duration
    }
    free = at
    first = last + 1
  }
  return spans
}

function pushBlocks(events: TraceEvent[], source: TimeSource, position: number, start: number): void {
  let at = Math.max(start, lastEnd(events))
  const put = (layer: number, block: TimedBlock): void => {
    const duration = source.blockTime(position, layer, TIMED_BLOCKS.indexOf(block))
    if (!(duration > 0)) return
    const args = layer < source.layerCount ? { position, layer } : { position }
    events.push({
      name: block,
      ph: 'X',
      cat: 'block',
      pid: PROCESS,
      tid: BLOCK_THREAD,
      ts: microseconds(at),
      dur: microseconds(duration),
      args
    })
    at += duration
  }
  for (const block of BEFORE_LAYERS) put(source.layerCount, block)
  for (let layer = 0; layer < source.layerCount; layer++)
    for (const block of TIMED_BLOCKS) if (INSIDE_LAYER.includes(block) || isOdd(block)) put(layer, block)
  for (const block of AFTER_LAYERS) put(source.layerCount, block)
}

/** Blocks that a backend may book inside a layer although they belong outside: shown where they were booked. */
const isOdd = (block: TimedBlock): boolean => block === 'embedding' || block === 'lm_head' || block === 'sampling' || block === 'host_gap'

function lastEnd(events: readonly TraceEvent[]): number {
  for (let index = events.length - 1; index >= 0; index--) {
    const event = events[index] as TraceEvent
    if (event.tid === BLOCK_THREAD && event.ph === 'X') return (event.ts + (event.dur ?? 0)) / 1000
  }
  return 0
}

/** One line a position: phase, step and every block summed over the layers, in milliseconds. C locale. */
export function csvOf(source: TimeSource, positions: readonly number[], blockTotalAt: (position: number, block: number) => number): string {
  const lines = [`position,phase,step_ms,${TIMED_BLOCKS.map((block) => `${block}_ms`).join(',')}`]
  for (const position of positions) {
    const blocks = TIMED_BLOCKS.map((_, index) => (source.hasBlockTimes ? String(blockTotalAt(position, index)) : ''))
    const phase = position >= source.promptCount - 1 ? 'generated' : 'prompt'
    lines.push(`${position},${phase},${source.stepMilliseconds.values[position]},${blocks.join(',')}`)
  }
  return `${lines.join('\n')}\n`
}
