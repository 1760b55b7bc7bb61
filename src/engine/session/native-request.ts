import { GretaError } from '../../shared/errors'
import { DEFAULT_SAMPLING, SAMPLER_STAGES, type SamplingSettings } from '../../shared/model/sampling'
import { LAYER_POINTS, tracePointCount } from '../../shared/model/trace-points'
import { type NativeEvaluateRequest, type NativeFault, type NativeGenerateRequest, nativeSampling } from '../native'
import type { EvaluateRequest, FaultRequest, GenerateRequest, TraceOptions } from './types'

const DEFAULT_CANDIDATES = 10
const MOST_CANDIDATES = 64
const MOST_TOKENS = 2 ** 31 - 1
const GREEDY: SamplingSettings = { ...DEFAULT_SAMPLING, temperature: 0 }

/** FaultKind of native/backend/backend.h, by index. */
const FAULT_KINDS = ['none', 'nan-at-point', 'scale-weight-row', 'drop-k-tile', 'wrong-rope-base', 'stale-kv-slot'] as const

export interface RequestLimits {
  readonly layerCount: number
  readonly vocabularySize: number
  readonly context: number
  readonly stopIds: Int32Array
}

export function nativeGenerateRequest(request: GenerateRequest, limits: RequestLimits): NativeGenerateRequest {
  const sampling = request.sampling ?? GREEDY
  checkOrder(sampling)
  for (const stop of request.stopStrings ?? []) {
    if (stop === '') throw new GretaError('usage', 'A stop string is empty: it would end every generation at once.')
  }
  return {
    kind: 0,
    ...common(request, limits),
    maxTokens: whole('number of tokens to generate', request.maxTokens, 0, MOST_TOKENS),
    stopIds: request.ignoreEndOfGeneration === true ? new Int32Array(0) : limits.stopIds,
    speculate: request.speculate ?? false,
    sampling: nativeSampling(sampling)
  }
}

export function nativeEvaluateRequest(request: EvaluateRequest, limits: RequestLimits): NativeEvaluateRequest {
  return {
    kind: 1,
    ...common(request, limits),
    from: whole('first position', request.from ?? 0, 0, Math.max(0, request.ids.length - 1)),
    logits: request.logits ?? true,
    fullRows: request.fullRows ?? false
  }
}

export function nativeFaults(faults: readonly FaultRequest[] | undefined): NativeFault[] {
  return (faults ?? []).map((fault) => ({ ...fault, kind: FAULT_KINDS.indexOf(fault.kind), point: LAYER_POINTS.indexOf(fault.point) }))
}

/** The ids as native code takes them; refuses what the model or the cache cannot hold, naming the first offender. */
export function checkedIds(ids: readonly number[] | Int32Array, limits: RequestLimits): Int32Array {
  if (ids.length === 0) throw new GretaError('out-of-range', 'The prompt is empty: at least one token is needed.')
  if (ids.length > limits.context) {
    throw new GretaError(
      'out-of-range',
      `The prompt has ${ids.length} tokens, but the context of this load holds ${limits.context}.`,
      'Shorten the prompt or load the model with a larger context.'
    )
  }
  for (let index = 0; index < ids.length; index += 1) {
    const id = ids[index] as number
    if (!Number.isInteger(id) || id < 0 || id >= limits.vocabularySize) {
      throw new GretaError(
        'out-of-range',
        `Token id ${id} at position ${index} is not in the vocabulary, whose ids are 0 to ${limits.vocabularySize - 1}.`
      )
    }
  }
  return Int32Array.from(ids)
}

function common(request: GenerateRequest | EvaluateRequest, limits: RequestLimits) {
  const trace: TraceOptions = request.trace ?? {}
  const captures = trace.captures ?? []
  for (const index of captures) whole('trace index', index, 0, tracePointCount(limits.layerCount) - 1)
  return {
    ids: checkedIds(request.ids, limits),
    candidates: whole('number of candidates', request.candidates ?? DEFAULT_CANDIDATES, 0, MOST_CANDIDATES),
    promptChunk: request.promptChunk === undefined ? 0 : whole('prompt chunk', request.promptChunk, 1, MOST_TOKENS),
    ignoreCache: request.ignoreCache ?? false,
    stats: trace.stats ?? false,
    hashes: trace.hashes ?? false,
    blockTimes: trace.blockTimes ?? false,
    captures: Uint32Array.from(captures),
    faults: nativeFaults(request.faults)
  }
}

function checkOrder(sampling: SamplingSettings): void {
  const seen = new Set(sampling.order)
  if (seen.size !== sampling.order.length || sampling.order.some((stage) => !SAMPLER_STAGES.includes(stage))) {
    throw new GretaError(
      'usage',
      `The sampler order "${sampling.order.join(', ')}" must name each stage at most once, out of: ${SAMPLER_STAGES.join(', ')}.`
    )
  }
}

function whole(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new GretaError('usage', `The ${name} must be a whole number from ${least} to ${most}, not ${value}.`)
}
