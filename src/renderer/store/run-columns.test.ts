import { describe, expect, it } from 'vitest'
import { TIMED_BLOCKS, TRACE_STATS_WORDS, tracePointCount } from '../../shared/model/trace-points'
import { DEFAULT_SETTINGS, decodeTokenFrame, encodeTokenFrame, type RunDetail, type TokenFrame } from '../../shared/protocol'
import { ROW, RunColumns } from './run-columns'

const LAYERS = 2
const PROMPT = [5, 6, 7]

const detail = (): RunDetail =>
  ({
    row: { id: 'run', summary: {} },
    handle: 3,
    recorded: false,
    prompt: { kind: 'tokens', ids: PROMPT },
    promptIds: PROMPT,
    promptText: '',
    settings: DEFAULT_SETTINGS.generation,
    segments: [],
    model: {},
    layerCount: LAYERS,
    notes: ''
  }) as unknown as RunDetail

/** A frame as it arrives: encoded and decoded by the protocol. Values are computed from the position, to be recognised. */
function frame(
  positions: readonly number[],
  { phase = 'generated', sequence = 0, stats = true }: { phase?: 'prompt' | 'generated'; sequence?: number; stats?: boolean } = {}
): TokenFrame {
  const count = positions.length
  const each = (value: (position: number) => number) => Float32Array.from(positions, value)
  const texts = positions.map((position) => (phase === 'prompt' ? '' : `t${position}`))
  let end = 0
  const textEnds = Uint32Array.from(texts, (text) => (end += text.length))
  const words = new Float32Array(stats ? count * tracePointCount(LAYERS) * TRACE_STATS_WORDS : 0).fill(1)
  return decodeTokenFrame(
    encodeTokenFrame({
      handle: 3,
      sequence,
      phase,
      recorded: false,
      count,
      candidatesPerStep: 2,
      layerCount: LAYERS,
      sentAtMilliseconds: 0,
      endMilliseconds: Float64Array.from(positions),
      positions: Int32Array.from(positions),
      inputIds: Int32Array.from(positions, (position) => PROMPT[position] ?? 100 + position),
      ids: Int32Array.from(positions, (position) => 101 + position),
      ranks: new Int32Array(count),
      logitNanCounts: new Uint32Array(count),
      textEnds,
      chosenLogits: each((position) => position),
      logProbabilities: each((position) => -position),
      samplerLogProbabilities: each(() => 0),
      logSumExps: each(() => 1),
      entropies: each((position) => position / 2),
      margins: each(() => 1),
      stepMilliseconds: each(() => 4),
      candidateIds: Int32Array.from(positions.flatMap((position) => [position, position + 1])),
      candidateLogits: Float32Array.from(positions.flatMap((position) => [position, -position])),
      blockMilliseconds: new Float32Array(count * (LAYERS + 1) * TIMED_BLOCKS.length).fill(0.5),
      stats: new Uint8Array(words.buffer),
      text: new TextEncoder().encode(texts.join(''))
    })
  )
}

describe('RunColumns', () => {
  it('knows the prompt before any row', () => {
    const columns = new RunColumns(detail())
    expect(columns.tokenCount).toBe(3)
    expect(columns.generatedCount).toBe(0)
    expect(Array.from(columns.ids.values.subarray(0, 3))).toEqual(PROMPT)
    expect(columns.statistics).toBeUndefined()
  })

  it('puts every row where its position says, across growth', () => {
    const columns = new RunColumns(detail())
    columns.write(frame([0, 1], { phase: 'prompt' }))
    for (let position = 2; position < 1200; position++) columns.write(frame([position], { sequence: position - 1, stats: position < 10 }))
    expect(columns.tokenCount).toBe(1201)
    expect(columns.lostFrames).toBe(0)
    expect(columns.rows.values[0]).toBe(ROW.prompt)
    expect(columns.rows.values[2]).toBe(ROW.generated)
    expect(columns.ids.values[900]).toBe(1000)
    expect(columns.texts[900]).toBe('t899')
    expect(columns.logProbabilities.values[900]).toBe(-900)
    expect(Array.from(columns.candidateIds.values.subarray(1800, 1802))).toEqual([900, 901])
    expect(columns.blockTime(900, LAYERS, 0)).toBe(0.5)
    expect(columns.statistics?.end).toBe(10)
    expect(Number.isNaN(columns.entropies.values[1200] as number)).toBe(true)
  })

  it('counts frames that did not arrive', () => {
    const columns = new RunColumns(detail())
    columns.write(frame([2]))
    columns.write(frame([5], { sequence: 3 }))
    expect(columns.lostFrames).toBe(2)
  })

  it('forgets what a stop string took back, and takes new rows there', () => {
    const columns = new RunColumns(detail())
    columns.write(frame([2, 3, 4, 5]))
    columns.truncate(5)
    expect(columns.tokenCount).toBe(5)
    expect(columns.rows.values[4]).toBe(ROW.none)
    expect(columns.texts).toHaveLength(5)
    columns.write(frame([4], { sequence: 1 }))
    expect(columns.tokenCount).toBe(6)
    expect(columns.texts[5]).toBe('t4')
  })
})
