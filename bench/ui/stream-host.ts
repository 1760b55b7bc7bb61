import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type WebSocket, WebSocketServer } from 'ws'
import { TIMED_BLOCKS, TRACE_STATS_WORDS, tracePointCount } from '../../src/shared/model/trace-points'
import { SESSION_PATH, SUBPROTOCOL } from '../../src/shared/page-door'
import {
  DEFAULT_SETTINGS,
  encodeDataFrame,
  encodeEvent,
  encodeResponse,
  encodeTokenFrame,
  type GenerationSummary,
  type LoadedModel,
  PROTOCOL_VERSION,
  parseRequest,
  type RunDetail,
  type RunRow
} from '../../src/shared/protocol'
import { success } from '../../src/shared/result'
import { PageFiles } from '../../src/supervisor/page-files'

/**
 * A host without an engine, for measuring the page alone: every number it sends is synthetic. It speaks the product's
 * protocol to the product's built page, at a token rate that no machine at hand reaches with a real model.
 */
export interface StreamSettings {
  readonly pageFolder: string
  readonly tokensPerSecond: number
  readonly tokens: number
  /** Rows are joined for this long before they are sent, as the real host does. */
  readonly coalesceMilliseconds: number
  readonly layers: number
  readonly vocabulary: number
}

export interface StreamHost {
  readonly url: string
  /** Milliseconds since 1970 at which token i was sent. */
  readonly sentAt: readonly number[]
  readonly bytesPerToken: number
  close(): void
}

const CANDIDATES = 10
const PROMPT = [1, 2, 3, 4]
const WORDS = [
  ' the',
  ' a',
  ' little',
  ' story',
  ' about',
  'ing',
  ' numbers',
  ',',
  ' and',
  '.',
  ' layer',
  ' token',
  '\n',
  ' once',
  ' said',
  ' she'
]

const summaryOf = (tokens: number): GenerationSummary => ({
  promptTokens: PROMPT.length,
  generatedTokens: tokens,
  reusedTokens: 0,
  prefillMilliseconds: 1,
  timeToFirstTokenMilliseconds: 1,
  decodeMilliseconds: tokens,
  totalMilliseconds: tokens,
  prefillTokensPerSecond: 1000,
  decodeTokensPerSecond: 1000,
  nanCount: 0
})

function modelOf(settings: StreamSettings): LoadedModel {
  const plan = {
    weightsMappedBytes: 0,
    weightsResidentBytes: 0,
    kvCacheBytes: 0,
    activationsBytes: 0,
    traceBytes: 0,
    logitsHistoryBytes: 0
  }
  return {
    path: '/synthetic/model.gguf',
    fileName: 'model.gguf',
    format: 'gguf',
    config: {
      architecture: 'llama',
      name: 'Synthetic numbers',
      layerCount: settings.layers,
      embeddingLength: 64,
      headCount: 1,
      kvHeadCount: 1,
      headDim: 64,
      feedForwardLength: 64,
      vocabularySize: settings.vocabulary,
      contextLength: 65536,
      rmsNormEpsilon: 1e-5,
      ropeBase: 10000,
      ropePairing: 'interleaved',
      ropeScaling: { kind: 'none', factor: 1 },
      tiedEmbedding: true,
      parameterCount: 0
    },
    tokenizer: {
      kind: 'bpe',
      vocabularySize: settings.vocabulary,
      mergeCount: 0,
      addBos: false,
      addEos: false,
      addSpacePrefix: false,
      endOfGenerationIds: []
    },
    hasChatTemplate: false,
    quantLabel: 'F32',
    sizeBytes: 0,
    backend: 'synthetic',
    device: 'no engine: synthetic numbers',
    options: { context: 65536, batch: 1, threads: 1, kvType: 'f32', precision: 'f32', deviceIndex: 0 },
    plan: { ...plan, otherBytes: 0, totalBytes: 0, availableBytes: 0, fits: true },
    loadMilliseconds: 0,
    tracePointCount: tracePointCount(settings.layers)
  }
}

function vocabularyFrame(requestId: number, count: number): Uint8Array<ArrayBuffer> {
  const texts = Array.from({ length: count }, (_, id) =>
    id < WORDS.length ? (WORDS[id] as string) : `${id % 3 === 0 ? ' ' : ''}t${id.toString(36)}`
  )
  const bytes = new TextEncoder().encode(texts.join(''))
  let end = 0
  const ends = Uint32Array.from(texts, (text) => (end += text.length))
  return encodeDataFrame(requestId, { text: bytes, textEnds: ends, types: new Uint8Array(count).fill(1), bytes, byteEnds: ends })
}

/** Pseudo-random and repeatable: value of a slot between 0 and 1. */
const noise = (slot: number): number => {
  const mixed = Math.imul(slot ^ (slot >>> 15), 0x2c1b3c6d)
  return ((mixed ^ (mixed >>> 12)) >>> 0) / 2 ** 32
}

function frameOf(
  settings: StreamSettings,
  handle: number,
  sequence: number,
  first: number,
  count: number,
  sentAt: number
): Uint8Array<ArrayBuffer> {
  const row = statisticsRow(settings.layers)
  const words = new Float32Array(count * row.length)
  for (let at = 0; at < count; at++) words.set(row, at * row.length)
  const rows = (value: (row: number) => number): Float32Array => Float32Array.from({ length: count }, (_, row) => value(first + row))
  const ids = Int32Array.from({ length: count }, (_, row) => Math.floor(noise(first + row) * WORDS.length))
  const pieces = Array.from(ids, (id) => new TextEncoder().encode(WORDS[id]))
  let end = 0
  const textEnds = Uint32Array.from(pieces, (piece) => (end += piece.length))
  const text = new Uint8Array(end)
  pieces.forEach((piece, row) => text.set(piece, row === 0 ? 0 : textEnds[row - 1]))
  return encodeTokenFrame({
    handle,
    sequence,
    phase: 'generated',
    recorded: false,
    count,
    candidatesPerStep: CANDIDATES,
    layerCount: settings.layers,
    sentAtMilliseconds: sentAt,
    endMilliseconds: Float64Array.from({ length: count }, (_, row) => ((first + row) * 1000) / settings.tokensPerSecond),
    positions: Int32Array.from({ length: count }, (_, row) => PROMPT.length - 1 + first + row),
    inputIds: Int32Array.from({ length: count }, (_, row) => Math.floor(noise(first + row - 1) * WORDS.length)),
    ids,
    ranks: new Int32Array(count),
    logitNanCounts: new Uint32Array(count),
    textEnds,
    chosenLogits: rows(() => 10),
    logProbabilities: rows((row) => -4 * noise(row * 7)),
    samplerLogProbabilities: rows((row) => -3 * noise(row * 7)),
    logSumExps: rows(() => 12),
    entropies: rows((row) => 3 * noise(row * 5)),
    margins: rows((row) => 4 * noise(row * 3)),
    stepMilliseconds: rows((row) => (1000 / settings.tokensPerSecond) * (0.8 + 0.4 * noise(row * 11))),
    candidateIds: Int32Array.from({ length: count * CANDIDATES }, (_, index) => index % WORDS.length),
    candidateLogits: Float32Array.from({ length: count * CANDIDATES }, (_, index) => 10 - (index % CANDIDATES)),
    blockMilliseconds: Float32Array.from({ length: count * (settings.layers + 1) * TIMED_BLOCKS.length }, (_, index) => noise(index)),
    stats: new Uint8Array(words.buffer),
    text
  })
}

let statistics: Float32Array | undefined
/** Made once: what is measured is the page, not this host. */
function statisticsRow(layers: number): Float32Array {
  const points = tracePointCount(layers)
  if (statistics?.length === points * TRACE_STATS_WORDS) return statistics
  statistics = new Float32Array(points * TRACE_STATS_WORDS)
  for (let point = 0; point < points; point++) {
    const size = noise(point)
    statistics.set([-size, size, 0, size / 2, size, 0, 0, 0, 0, 0], point * TRACE_STATS_WORDS)
  }
  return statistics
}

const explanations = new Map<number, Readonly<Record<string, ArrayBufferView>>>()
function explanationOf(count: number): Readonly<Record<string, ArrayBufferView>> {
  const known = explanations.get(count)
  if (known !== undefined) return known
  const logits = Float32Array.from({ length: count }, (_, id) => 20 * noise(id * 13) - 10)
  const probability = logits.map((logit) => Math.exp(logit - 20))
  const removedBy = Uint8Array.from(logits, (logit) => (logit < 0 ? 4 : 0))
  const scaled = logits.map((logit) => logit / 0.8)
  const made = { logits, biased: logits, penalised: logits, scaled, probability, removedBy }
  explanations.set(count, made)
  return made
}

export async function startStreamHost(settings: StreamSettings): Promise<StreamHost> {
  const files = new PageFiles(settings.pageFolder)
  explanationOf(settings.vocabulary)
  const sentAt: number[] = []
  const model = modelOf(settings)
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] as string
    if (path === SESSION_PATH) return response.writeHead(204).end()
    const file = files.find(path)
    if (file === undefined) return response.writeHead(404).end()
    return response.writeHead(200, { 'content-type': file.contentType }).end(file.read())
  })
  const sockets = new WebSocketServer({ server, perMessageDeflate: false, handleProtocols: () => SUBPROTOCOL })
  const timers = new Set<NodeJS.Timeout>()

  const stream = (socket: WebSocket, detail: RunDetail): void => {
    const startedAt = performance.now()
    let sent = 0
    let sequence = 0
    const timer = setInterval(() => {
      const due = Math.min(settings.tokens, Math.floor(((performance.now() - startedAt) * settings.tokensPerSecond) / 1000))
      if (due > sent) {
        const now = performance.timeOrigin + performance.now()
        for (let token = sent; token < due; token++) sentAt[token] = now
        socket.send(frameOf(settings, detail.handle, sequence, sent, due - sent, now))
        sequence += 1
        sent = due
      }
      if (sent < settings.tokens) return
      clearInterval(timer)
      timers.delete(timer)
      const summary = summaryOf(sent)
      socket.send(encodeEvent('run.finished', { runId: detail.row.id, handle: detail.handle, reason: 'length', summary, text: '' }))
    }, settings.coalesceMilliseconds)
    timers.add(timer)
  }

  const detailOf = (): RunDetail => {
    const { loadMilliseconds: _, ...rest } = model
    const row: RunRow = {
      id: 'synthetic-run',
      name: '',
      tags: [],
      pinned: false,
      createdAt: new Date().toISOString(),
      state: 'running',
      imported: false,
      modelFileName: model.fileName,
      quantLabel: model.quantLabel,
      backend: model.backend,
      device: model.device,
      engineBuild: 'none',
      seed: '0',
      promptPreview: '',
      textPreview: '',
      summary: summaryOf(0),
      sizeBytes: 0
    }
    const { generation } = DEFAULT_SETTINGS
    return {
      row,
      handle: 1,
      recorded: false,
      prompt: { kind: 'tokens', ids: PROMPT },
      promptIds: PROMPT,
      promptText: '',
      settings: generation,
      segments: [{ firstToken: 0, settings: generation }],
      model: rest,
      layerCount: settings.layers,
      notes: ''
    }
  }

  const answers: Readonly<Record<string, (socket: WebSocket, id: number) => unknown>> = {
    'app.hello': () => ({
      protocolVersion: PROTOCOL_VERSION,
      appVersion: '0',
      kind: 'serve',
      capabilities: [],
      engine: { state: 'ready', epoch: 1, attempt: 0, location: 'synthetic numbers' },
      openPaths: []
    }),
    'engine.info': () => ({
      appVersion: '0',
      engineBuild: 'none',
      nodeVersion: process.versions.node,
      platform: process.platform,
      processId: process.pid,
      runsFolder: ''
    }),
    'settings.get': () => DEFAULT_SETTINGS,
    'settings.set': () => DEFAULT_SETTINGS,
    'model.loaded': () => ({ model }),
    'tokens.encode': () => ({ count: PROMPT.length, ids: PROMPT, pieces: [], milliseconds: 0 }),
    'tokens.vocabulary': (socket, id) => {
      socket.send(vocabularyFrame(id, settings.vocabulary))
      return { count: settings.vocabulary }
    },
    'sampler.explain': (socket, id) => {
      socket.send(encodeDataFrame(id, explanationOf(settings.vocabulary)))
      return {
        runId: 'synthetic-run',
        position: 10,
        vocabularySize: settings.vocabulary,
        source: 'captured',
        chosenId: 3,
        stages: [
          { stage: 'input', active: true, survivorsBefore: settings.vocabulary, survivorsAfter: settings.vocabulary, massRemoved: 0 }
        ],
        entropyNats: 2,
        logSumExp: 20,
        nanCount: 0
      }
    },
    'generate.start': (socket) => {
      const detail = detailOf()
      setTimeout(() => stream(socket, detail), 20)
      return detail
    }
  }

  sockets.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      const request = parseRequest(data.toString())
      if (!request.ok) return
      const answer = answers[request.value.method]
      const result =
        answer === undefined
          ? { ok: false as const, error: { code: 'unsupported' as const, message: 'Not part of this measurement.' } }
          : success(answer(socket, request.value.id))
      socket.send(encodeResponse(request.value.id, result))
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/#token=synthetic-numbers`,
    sentAt,
    bytesPerToken: frameOf(settings, 1, 0, 0, 1, 0).byteLength,
    close() {
      for (const timer of timers) clearInterval(timer)
      for (const socket of sockets.clients) socket.terminate()
      server.close()
    }
  }
}

export const pageFolder = (root: string): string => join(root, 'out/renderer')
