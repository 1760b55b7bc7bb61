import { SKETCH_ROWS } from '../../shared/model/sketch'
import { TIMED_BLOCKS, TRACE_STATS_WORDS, tracePointCount } from '../../shared/model/trace-points'
import {
  DEFAULT_CAPTURE,
  DEFAULT_SAMPLING_MESSAGE,
  DEFAULT_STOPPING,
  decodeTokenFrame,
  encodeTokenFrame,
  type TokenFrame
} from '../../shared/protocol'
import type { RecordedDetail } from './bundle'

/** Runs for the tests of this folder: every value is a function of its place, so that a mixed-up column shows. */
export const TEST_LAYERS = 3

export function testFrame(options: {
  readonly first: number
  readonly count: number
  readonly phase?: 'prompt' | 'generated'
  readonly candidates?: number
  readonly stats?: boolean
  readonly timed?: boolean
  readonly sketched?: boolean
  readonly text?: string
}): TokenFrame {
  const { first, count, candidates = 4, stats = true, timed = true, sketched = timed } = options
  const text = new TextEncoder().encode(options.text ?? 'é'.repeat(count))
  const floats = (length: number, salt: number): Float32Array => Float32Array.from({ length }, (_, i) => first + i + salt / 16)
  const words = new Uint32Array(stats ? count * tracePointCount(TEST_LAYERS) * TRACE_STATS_WORDS : 0).map((_, i) => first * 1_000_000 + i)
  return decodeTokenFrame(
    encodeTokenFrame({
      handle: 1,
      sequence: first,
      phase: options.phase ?? 'generated',
      recorded: false,
      count,
      candidatesPerStep: candidates,
      layerCount: TEST_LAYERS,
      sentAtMilliseconds: 0,
      endMilliseconds: Float64Array.from({ length: count }, (_, i) => first + i + 0.1),
      positions: Int32Array.from({ length: count }, (_, i) => first + i),
      inputIds: Int32Array.from({ length: count }, (_, i) => 100 + first + i),
      ids: Int32Array.from({ length: count }, (_, i) => 101 + first + i),
      ranks: new Int32Array(count).fill(-1),
      logitNanCounts: new Uint32Array(count).fill(2),
      textEnds: Uint32Array.from({ length: count }, (_, i) => Math.round(((i + 1) / count) * text.byteLength)),
      chosenLogits: floats(count, 1),
      logProbabilities: floats(count, 2),
      samplerLogProbabilities: floats(count, 3).fill(Number.NaN),
      logSumExps: floats(count, 4),
      entropies: floats(count, 5),
      margins: floats(count, 6).fill(Number.POSITIVE_INFINITY),
      stepMilliseconds: floats(count, 7),
      candidateIds: Int32Array.from({ length: count * candidates }, (_, i) => first * 1000 + i),
      candidateLogits: floats(count * candidates, 8),
      blockMilliseconds: floats(timed ? count * (TEST_LAYERS + 1) * TIMED_BLOCKS.length : 0, 9),
      sketches: floats(sketched ? count * TEST_LAYERS * SKETCH_ROWS : 0, 10),
      stats: new Uint8Array(words.buffer),
      text
    })
  )
}

export function testDetail(id: string, overrides: Partial<RecordedDetail['row']> = {}): RecordedDetail {
  const summary = {
    promptTokens: 3,
    generatedTokens: 0,
    reusedTokens: 0,
    prefillMilliseconds: 1,
    decodeMilliseconds: 0,
    totalMilliseconds: 1,
    prefillTokensPerSecond: 3000,
    decodeTokensPerSecond: 0,
    nanCount: 0
  }
  return {
    row: {
      id,
      name: `run ${id}`,
      tags: [],
      pinned: false,
      createdAt: '2026-11-21T00:00:00Z',
      state: 'length',
      imported: false,
      modelFileName: 'story.gguf',
      quantLabel: 'Q4_K_M',
      backend: 'cpu',
      device: 'a test',
      engineBuild: 'test',
      seed: '7',
      promptPreview: 'Once',
      textPreview: 'upon',
      summary,
      sizeBytes: 0,
      ...overrides
    },
    prompt: { kind: 'raw', text: 'Once', addSpecial: true, parseSpecial: false },
    promptIds: [1, 2, 3],
    promptText: 'Once',
    settings: { sampling: DEFAULT_SAMPLING_MESSAGE, stopping: DEFAULT_STOPPING, capture: DEFAULT_CAPTURE },
    segments: [],
    model: {
      path: '/models/story.gguf',
      fileName: 'story.gguf',
      format: 'gguf',
      config: {
        architecture: 'llama',
        name: 'story',
        layerCount: TEST_LAYERS,
        embeddingLength: 8,
        headCount: 2,
        kvHeadCount: 1,
        headDim: 4,
        feedForwardLength: 16,
        vocabularySize: 4000,
        contextLength: 64,
        rmsNormEpsilon: 1e-5,
        ropeBase: 10000,
        ropePairing: 'interleaved',
        ropeScaling: { kind: 'none', factor: 1 },
        tiedEmbedding: true,
        parameterCount: 1000
      },
      tokenizer: {
        kind: 'spm',
        vocabularySize: 4000,
        mergeCount: 0,
        addBos: true,
        addEos: false,
        addSpacePrefix: true,
        endOfGenerationIds: [2]
      },
      hasChatTemplate: false,
      quantLabel: 'Q4_K_M',
      sizeBytes: 1,
      backend: 'cpu',
      device: 'a test',
      options: { context: 64, batch: 8, threads: 1, kvType: 'f16', precision: 'bf16', deviceIndex: 0 },
      plan: {
        weightsMappedBytes: 1,
        weightsResidentBytes: 0,
        kvCacheBytes: 1,
        activationsBytes: 1,
        traceBytes: 0,
        logitsHistoryBytes: 0,
        otherBytes: 0,
        totalBytes: 3,
        availableBytes: 10,
        fits: true
      },
      tracePointCount: tracePointCount(TEST_LAYERS)
    },
    layerCount: TEST_LAYERS,
    notes: ''
  }
}
