import { TIMED_BLOCKS, TRACE_STATS_WORDS, traceIndex, tracePointCount } from '../../src/shared/model/trace-points'
import type { RunDetail } from '../../src/shared/protocol'
import { DEFAULT_CAPTURE, DEFAULT_SAMPLING_MESSAGE, DEFAULT_STOPPING } from '../../src/shared/protocol'
import { encodeTokenFrame } from '../../src/shared/protocol/token-frame'

/** Everything here is made up, deterministic, and only for measuring how fast the page draws. It is in no build of the product. */
export interface SyntheticOptions {
  readonly layers: number
  readonly tokens: number
  /** One NaN in the whole run. */
  readonly nan: boolean
}

const noise = (a: number, b: number): number => {
  const s = Math.sin(a * 12.9898 + b * 78.233) * 43758.5453
  return s - Math.floor(s)
}

export function syntheticDetail({ layers, tokens }: SyntheticOptions, id = 'synthetic'): RunDetail {
  const summary = {
    promptTokens: 8,
    generatedTokens: tokens - 8,
    reusedTokens: 0,
    prefillMilliseconds: 1,
    decodeMilliseconds: 1,
    totalMilliseconds: 2,
    prefillTokensPerSecond: 1,
    decodeTokensPerSecond: 1,
    nanCount: 0
  }
  return {
    row: {
      id,
      name: 'Synthetic run',
      tags: [],
      pinned: false,
      createdAt: '2026-01-01T00:00:00Z',
      state: 'length',
      imported: false,
      modelFileName: 'synthetic',
      quantLabel: 'F32',
      backend: 'synthetic',
      device: 'none',
      engineBuild: 'none',
      seed: '0',
      promptPreview: '',
      textPreview: '',
      summary,
      sizeBytes: 0
    },
    handle: id === 'synthetic' ? 1 : 2,
    recorded: false,
    prompt: { kind: 'tokens', ids: [] },
    promptIds: Array.from({ length: 8 }, (_, index) => index),
    promptText: '',
    settings: { sampling: DEFAULT_SAMPLING_MESSAGE, stopping: DEFAULT_STOPPING, capture: DEFAULT_CAPTURE },
    model: {
      backend: 'synthetic',
      device: 'no engine: made-up numbers',
      quantLabel: 'F32',
      path: '',
      fileName: '',
      options: { precision: 'f32', kvType: 'f32' }
    },
    layerCount: layers,
    notes: ''
  } as unknown as RunDetail
}

/** One frame of `count` rows with statistics and block times, as the host would send it. */
export function syntheticFrame(
  { layers, tokens, nan }: SyntheticOptions,
  position: number,
  count: number,
  handle = 1
): Uint8Array<ArrayBuffer> {
  const points = tracePointCount(layers)
  const words = new Uint32Array(count * points * TRACE_STATS_WORDS)
  const floats = new Float32Array(words.buffer)
  const bad = traceIndex(Math.floor(layers / 2), 'ffn_act')
  for (let row = 0; row < count; row++) {
    for (let point = 0; point < points; point++) {
      const at = (row * points + point) * TRACE_STATS_WORDS
      const depth = point / points
      const kind = (point - 1) % 13
      const size =
        0.5 * 2 ** (3 * depth) * (1 + 3 * noise(kind, 7)) * (0.7 + 0.6 * noise(point, position + row)) * (position + row === 0 ? 30 : 1)
      floats[at] = -size * (0.8 + 0.2 * noise(point, 3))
      floats[at + 1] = size
      floats[at + 2] = size * 0.05 * (noise(point, position + row + 9) - 0.5)
      floats[at + 3] = size * 0.3
      floats[at + 4] = size
      words[at + 8] = kind === 10 ? Math.floor(20 * noise(point, position + row)) : 0
      if (nan && position + row === Math.floor(tokens * 0.6) && point === bad) words[at + 5] = 3
    }
  }
  const floatsOf = (value: (row: number) => number) => Float32Array.from({ length: count }, (_, row) => value(row))
  const integers = (value: (row: number) => number) => Int32Array.from({ length: count }, (_, row) => value(row))
  const blocks = (layers + 1) * TIMED_BLOCKS.length
  return encodeTokenFrame({
    handle,
    sequence: 0,
    phase: 'generated',
    recorded: false,
    count,
    candidatesPerStep: 0,
    layerCount: layers,
    sentAtMilliseconds: Date.now(),
    endMilliseconds: Float64Array.from({ length: count }, (_, row) => (position + row) * 5),
    positions: integers((row) => position + row),
    inputIds: integers((row) => (position + row) % 32_000),
    ids: integers((row) => (position + row + 1) % 32_000),
    ranks: integers(() => 0),
    logitNanCounts: new Uint32Array(count),
    textEnds: new Uint32Array(count),
    chosenLogits: floatsOf(() => 1),
    logProbabilities: floatsOf(() => -1),
    samplerLogProbabilities: floatsOf(() => -1),
    logSumExps: floatsOf(() => 2),
    entropies: floatsOf(() => 1),
    margins: floatsOf(() => 1),
    stepMilliseconds: floatsOf((row) => 5 + noise(position + row, 1)),
    candidateIds: new Int32Array(0),
    candidateLogits: new Float32Array(0),
    blockMilliseconds: Float32Array.from(
      { length: count * blocks },
      (_, index) => (TIMED_BLOCKS[index % 8] === 'ffn' ? 0.02 : 0.008) * (0.8 + 0.4 * noise(index, position))
    ),
    stats: new Uint8Array(words.buffer),
    text: new Uint8Array(0)
  })
}
