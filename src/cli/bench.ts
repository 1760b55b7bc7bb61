import { measureReadBandwidth } from '../engine/native'
import { openModel } from '../engine/formats/open-model'
import { summarize } from '../engine/formats/summary'
import { loadOpenedModel, physicalProcessors, type Session } from '../engine/session'
import { throwIfFailed } from '../engine/session/throw-if-failed'
import { GretaError } from '../shared/errors'
import { formatBytes, formatMilliseconds } from '../shared/units'
import { helpLines, type Options, parseWords } from './arguments'
import { LOAD_OPTIONS, loadOptions } from './load-settings'
import { bundledModel, EXIT, type Verb } from './program'
import { withProgress } from './progress'
import { type Spread, spread, spreadText } from './spread'

const OPTIONS = {
  ...LOAD_OPTIONS,
  pp: { kind: 'integer', value: 'N', least: 1, most: 1048576, help: 'prompt tokens to prefill (default 512, at most the context)' },
  tg: { kind: 'integer', value: 'N', least: 1, most: 1048576, help: 'tokens to decode (default 64)' },
  repetitions: {
    kind: 'integer',
    value: 'N',
    least: 1,
    most: 1000,
    help: 'measured repetitions of each, after one that is not (default 5)'
  },
  trace: { kind: 'flag', help: 'also decode with statistics of every trace point, and say what that costs' },
  json: { kind: 'flag', help: 'one JSON object on stdout' }
} as const satisfies Options

/** A fixed pseudo-random prompt: real ids, no special meaning. */
function promptOf(length: number, vocabulary: number): Int32Array {
  let state = 12345
  return Int32Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return state % vocabulary
  })
}

export const bench: Verb = {
  async run(words, surroundings) {
    const { options, positional, help } = parseWords(OPTIONS, words, { positional: 1 })
    if (help) {
      surroundings.out(
        `usage: greta bench [MODEL] [options]\n\nMeasures on this machine; medians with the whole spread.\n\n${helpLines(OPTIONS)}\n`
      )
      return EXIT.ok
    }
    const silent = options.json === true || !surroundings.errIsTerminal
    const say = (what: string): void => surroundings.err(silent ? '' : `\r\u001b[K${what}`)
    const model = await openModel(positional[0] ?? options.model ?? bundledModel(surroundings.appRoot))
    const repetitions = options.repetitions ?? 5
    const threads = options.threads ?? physicalProcessors()

    const load: number[] = []
    let session: Session | undefined
    for (let index = 0; index <= Math.min(2, repetitions); index += 1) {
      await session?.close()
      say(`load ${index + 1}`)
      session = await withProgress(surroundings, true, (control) => loadOpenedModel(model, loadOptions(options), control))
      if (index > 0) load.push(session.loadMilliseconds)
    }
    if (session === undefined) throw new GretaError('internal', 'Nothing was loaded.')
    const interrupted = { now: false }
    const removeInterrupt = surroundings.onInterrupt(() => {
      interrupted.now = true
    })
    try {
      const result = await measure(session, { ...options, repetitions, interrupted, say })
      // Before the bandwidth is measured: that needs half a gibibyte of its own.
      const peakResidentBytes = process.resourceUsage().maxRSS * 1024
      const bandwidth = spread(Array.from(await measureReadBandwidth(threads)))
      say('')
      const bytesPerToken = summarize(model).bytesPerToken ?? 0
      const readBytes = bytesPerToken + kvBytesPerToken(session, result.pp + result.tg / 2)
      const bytesPerSecond = readBytes * result.decode.median
      const figures = {
        model: {
          path: model.path,
          name: session.config.name,
          parameters: session.config.parameterCount,
          bytes_per_token: Math.round(readBytes)
        },
        backend: { ...session.backend, ...session.options },
        pp: result.pp,
        tg: result.tg,
        repetitions,
        load_ms: spread(load),
        prefill_tok_s: result.prefill,
        decode_tok_s: result.decode,
        ...(result.tracedDecode === undefined
          ? {}
          : { traced_decode_tok_s: result.tracedDecode, trace_cost: 1 - result.tracedDecode.median / result.decode.median }),
        decode_gb_s: bytesPerSecond / 1e9,
        read_bandwidth_gb_s: scale(bandwidth, 1e-9),
        bandwidth_share: bytesPerSecond / bandwidth.median,
        peak_resident_bytes: peakResidentBytes,
        planned_bytes: session.plan.totalBytes
      }
      surroundings.out(options.json === true ? `${JSON.stringify(figures)}\n` : text(figures))
      return EXIT.ok
    } finally {
      removeInterrupt()
      await session.close()
    }
  }
}

interface Measurement {
  readonly pp?: number
  readonly tg?: number
  readonly trace?: boolean
  readonly repetitions: number
  readonly interrupted: { readonly now: boolean }
  readonly say: (what: string) => void
}

async function measure(session: Session, { repetitions, interrupted, say, ...asked }: Measurement) {
  const { context } = session.options
  const tg = Math.min(asked.tg ?? 64, Math.max(1, context - 2))
  const pp = Math.min(asked.pp ?? 512, context)
  // Decoding starts where the prompt leaves room for it.
  const decodeFrom = Math.max(1, Math.min(pp, context - tg))
  const prompt = promptOf(pp, session.config.vocabularySize)
  const prefill: number[] = []
  const decode: number[] = []
  const traced: number[] = []
  const run = async (ids: Int32Array, maxTokens: number, ignoreCache: boolean, trace: boolean) => {
    if (interrupted.now) throw new GretaError('cancelled', 'The measurement was interrupted.')
    const request = { ids, maxTokens, candidates: 0, ignoreEndOfGeneration: true, ignoreCache, trace: trace ? { stats: true } : {} }
    const report = await session.generate(request).result
    throwIfFailed(report)
    return report
  }
  for (let index = 0; index <= repetitions; index += 1) {
    say(`repetition ${index} of ${repetitions}`)
    const filled = await run(prompt, 0, true, false)
    const plain = await run(prompt.subarray(0, decodeFrom), tg + 1, false, false)
    // Paired: the traced run follows the plain one at once.
    const withTrace = asked.trace === true ? await run(prompt.subarray(0, decodeFrom), tg + 1, false, true) : undefined
    if (index === 0) continue
    prefill.push(filled.prefillTokensPerSecond)
    decode.push(plain.decodeTokensPerSecond)
    if (withTrace !== undefined) traced.push(withTrace.decodeTokensPerSecond)
  }
  return { pp, tg, prefill: spread(prefill), decode: spread(decode), tracedDecode: traced.length === 0 ? undefined : spread(traced) }
}

/** k and v that attention reads for one token with `positions` in the cache. */
function kvBytesPerToken({ config, options }: Session, positions: number): number {
  return 2 * config.layerCount * config.kvHeadCount * config.headDim * (options.kvType === 'f16' ? 2 : 4) * positions
}

const scale = (values: Spread, factor: number): Spread => ({
  median: values.median * factor,
  least: values.least * factor,
  most: values.most * factor,
  count: values.count
})

function text(figures: {
  readonly model: { readonly name: string; readonly path: string; readonly bytes_per_token: number }
  readonly backend: { readonly name: string; readonly description: string; readonly threads: number; readonly precision: string }
  readonly pp: number
  readonly tg: number
  readonly load_ms: Spread
  readonly prefill_tok_s: Spread
  readonly decode_tok_s: Spread
  readonly traced_decode_tok_s?: Spread
  readonly trace_cost?: number
  readonly decode_gb_s: number
  readonly read_bandwidth_gb_s: Spread
  readonly bandwidth_share: number
  readonly peak_resident_bytes: number
}): string {
  const lines = [
    `${figures.model.name} (${figures.model.path})`,
    `${figures.backend.name}, ${figures.backend.description}, ${figures.backend.threads} threads, precision ${figures.backend.precision}`,
    `load           ${formatMilliseconds(figures.load_ms.median)} (${formatMilliseconds(figures.load_ms.least)} to ${formatMilliseconds(figures.load_ms.most)})`,
    `prefill ${String(figures.pp).padEnd(6)} ${spreadText(figures.prefill_tok_s)} tokens/s`,
    `decode ${String(figures.tg).padEnd(7)} ${spreadText(figures.decode_tok_s)} tokens/s`,
    ...(figures.traced_decode_tok_s === undefined
      ? []
      : [
          `decode, traced ${spreadText(figures.traced_decode_tok_s)} tokens/s: tracing costs ${(100 * (figures.trace_cost ?? 0)).toFixed(1)} %`
        ]),
    `reads          ${figures.decode_gb_s.toFixed(2)} GB/s of ${figures.read_bandwidth_gb_s.median.toFixed(2)} GB/s measured: ${(100 * figures.bandwidth_share).toFixed(1)} %`,
    `peak resident  ${formatBytes(figures.peak_resident_bytes)}`
  ]
  return `${lines.join('\n')}\n`
}
