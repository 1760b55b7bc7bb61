import { GretaError } from '../../shared/errors'
import type { ModelConfig, OpenedModel } from '../../shared/model/description'
import type { Tokenizer } from '../../shared/model/tokenizer'
import { LAYER_POINTS, type LayerPoint } from '../../shared/model/trace-points'
import { fromNative, type NativeRunRequest, type NativeSession } from '../native'
import { summariseLens } from './lens'
import { checkedIds, nativeEvaluateRequest, nativeFaults, nativeGenerateRequest, type RequestLimits } from './native-request'
import { type Aftermath, RequestInProgress } from './request-in-progress'
import { TextAssembler } from './text-assembler'
import type {
  BackendIdentity,
  CaptureResult,
  EvaluateRequest,
  FaultRequest,
  GenerateRequest,
  LensResult,
  LogitsRow,
  MemoryPlan,
  ResolvedLoadOptions,
  Running,
  Session
} from './types'

const DEFAULT_LENS_CANDIDATES = 10

/** What loading found out. */
export type LoadedModel = Pick<Session, 'model' | 'config' | 'tokenizer' | 'backend' | 'options' | 'plan' | 'loadMilliseconds'>

export class EngineSession implements Session {
  private sequence = new Int32Array(0)
  private cached = 0
  private running: RequestInProgress | undefined
  private inspections = 0
  private closing: Promise<void> | undefined
  private readonly limits: RequestLimits

  constructor(
    private readonly native: NativeSession,
    private readonly loaded: LoadedModel
  ) {
    const spec = loaded.model.tokenizer
    const stopIds = new Set(spec?.endOfGenerationIds ?? [])
    if (spec?.eosId !== undefined) stopIds.add(spec.eosId)
    this.limits = {
      layerCount: loaded.config.layerCount,
      vocabularySize: loaded.config.vocabularySize,
      context: loaded.options.context,
      stopIds: Int32Array.from(stopIds)
    }
  }

  get model(): OpenedModel {
    return this.loaded.model
  }
  get config(): ModelConfig {
    return this.loaded.config
  }
  get tokenizer(): Tokenizer {
    return this.loaded.tokenizer
  }
  get backend(): BackendIdentity {
    return this.loaded.backend
  }
  get options(): ResolvedLoadOptions {
    return this.loaded.options
  }
  get plan(): MemoryPlan {
    return this.loaded.plan
  }
  get loadMilliseconds(): number {
    return this.loaded.loadMilliseconds
  }
  get ids(): Int32Array {
    return this.sequence.slice()
  }
  get cachedLength(): number {
    return this.cached
  }
  get busy(): boolean {
    return this.running !== undefined || this.inspections > 0
  }

  /** Called by the native session when there is news. */
  onNews(): void {
    this.running?.pump()
  }

  generate(request: GenerateRequest): Running {
    this.mustBeIdle('generate')
    const native = nativeGenerateRequest(request, this.limits)
    return this.start(native, new TextAssembler(this.tokenizer, native.ids, request.stopStrings ?? []), request.paceMilliseconds)
  }

  evaluate(request: EvaluateRequest): Running {
    this.mustBeIdle('evaluate')
    return this.start(nativeEvaluateRequest(request, this.limits), undefined)
  }

  private start(request: NativeRunRequest, assembler: TextAssembler | undefined, paceMilliseconds?: number): Running {
    const onFinished = ({ report, cachedLength }: Aftermath): void => {
      const produced = assembler === undefined ? new Int32Array(0) : report.ids
      this.sequence = new Int32Array(request.ids.length + produced.length)
      this.sequence.set(request.ids)
      this.sequence.set(produced, request.ids.length)
      this.cached = Math.min(cachedLength, this.sequence.length)
      this.running = undefined
    }
    const running = new RequestInProgress(this.native, request, assembler, onFinished, paceMilliseconds)
    this.running = running
    return running
  }

  rewind(length: number): void {
    this.mustBeIdle('rewind')
    if (!Number.isInteger(length) || length < 0 || length > this.sequence.length) {
      throw new GretaError('out-of-range', `Cannot rewind to ${length}: the sequence has ${this.sequence.length} tokens.`)
    }
    // The engine compares tokens, so forgetting them here is all there is to do.
    this.sequence = this.sequence.slice(0, length)
    this.cached = Math.min(this.cached, length)
  }

  keptLogitsRow(position: number): Float32Array | undefined {
    this.mustBeOpen()
    return this.native.keptRow(position) ?? undefined
  }

  async logitsRow(position: number): Promise<LogitsRow> {
    const kept = this.keptLogitsRow(position)
    if (kept !== undefined) return { position, logits: kept, source: 'captured' }
    const ids = this.prefix('read the logits of', position)
    const logits = await this.inspect(() => this.native.evaluateRow({ ids }))
    this.cached = position + 1
    return { position, logits, source: 're-evaluated' }
  }

  async lens(request: { readonly position: number; readonly candidates?: number; readonly fullRows?: boolean }): Promise<LensResult> {
    const ids = this.prefix('look through the layers at', request.position)
    const rows = await this.inspect(() => this.native.lens({ ids }))
    this.cached = request.position + 1
    return summariseLens(rows, {
      position: request.position,
      layerCount: this.config.layerCount,
      candidates: request.candidates ?? DEFAULT_LENS_CANDIDATES,
      nextId: this.sequence[request.position + 1] ?? -1,
      keepRows: request.fullRows ?? false
    })
  }

  async capture(request: {
    readonly from: number
    readonly to: number
    readonly traceIndices: readonly number[]
    readonly faults?: readonly FaultRequest[]
  }): Promise<CaptureResult> {
    const { from, to, traceIndices } = request
    if (!(Number.isInteger(from) && from >= 0 && from < to)) {
      throw new GretaError('out-of-range', `Positions ${from} to ${to} cannot be captured: the first must be below the end.`)
    }
    const ids = this.prefix('capture', to - 1)
    const faults = nativeFaults(request.faults)
    const tensors = await this.inspect(() => this.native.capture({ ids, from, points: Uint32Array.from(traceIndices), faults }))
    this.cached = faults.length === 0 ? to : 0
    return { from, count: to - from, tensors: new Map(traceIndices.map((index, i) => [index, tensors[i] as Float32Array])) }
  }

  async runOperation(request: {
    readonly layer: number
    readonly point: LayerPoint
    readonly inputs: readonly Float32Array[]
    readonly tokenCount: number
    readonly position: number
  }): Promise<Float32Array> {
    this.mustBeIdle('run an operation')
    const replacesCache = request.point === 'attn_context' && request.inputs.length === 3
    const output = await this.inspect(() => this.native.runOperation({ ...request, point: LAYER_POINTS.indexOf(request.point) }))
    if (replacesCache) this.cached = 0
    return output
  }

  async readKv(layer: number, from: number, to: number): Promise<{ readonly k: Float32Array; readonly v: Float32Array }> {
    this.mustBeIdle('read the KV cache')
    return this.inspect(() => this.native.readKv({ layer, from, to }))
  }

  close(): Promise<void> {
    this.closing ??= this.native.close()
    return this.closing
  }

  private async inspect<T>(work: () => Promise<T>): Promise<T> {
    this.inspections += 1
    try {
      return await work()
    } catch (thrown) {
      throw fromNative(thrown)
    } finally {
      this.inspections -= 1
    }
  }

  /** ids[0 .. position], where `position` is in the sequence. */
  private prefix(what: string, position: number): Int32Array {
    this.mustBeIdle(`${what} position ${position}`)
    if (!Number.isInteger(position) || position < 0 || position >= this.sequence.length) {
      throw new GretaError('out-of-range', `Cannot ${what} position ${position}: the sequence has ${this.sequence.length} tokens.`)
    }
    return checkedIds(this.sequence.subarray(0, position + 1), this.limits)
  }

  private mustBeOpen(): void {
    if (this.closing !== undefined) throw new GretaError('cancelled', 'The session is closed.')
  }

  private mustBeIdle(what: string): void {
    this.mustBeOpen()
    if (this.running !== undefined)
      throw new GretaError('busy', `The session is busy with a request and cannot ${what} now.`, 'Wait for it or cancel it.')
  }
}
