import type { GretaErrorData } from '../../shared/errors'
import type { ModelConfig, OpenedModel } from '../../shared/model/description'
import type { SamplingSettings } from '../../shared/model/sampling'
import type { Tokenizer } from '../../shared/model/tokenizer'
import type { LayerPoint } from '../../shared/model/trace-points'

export type KvTypeName = 'f32' | 'f16'
export type PrecisionName = 'f32' | 'bf16'

/** What a load may choose; everything has a default that works. */
export interface LoadOptions {
  /** 'cpu' (default), 'reference', 'hip', 'cuda' or the name of another backend that devices() lists. */
  readonly backend?: string
  readonly deviceIndex?: number
  /** Host threads; default: the physical processors that this process may use. */
  readonly threads?: number
  /** Positions of the KV cache; default: what the model was trained for, at most 4096. */
  readonly context?: number
  /** Max tokens evaluated in one call; longer prompts are cut into chunks of this size. Default 512, at most the context. */
  readonly batch?: number
  readonly kvType?: KvTypeName
  /** Default f32, on GPU backends bf16. */
  readonly precision?: PrecisionName
  /** Bytes for full logits rows of recent tokens (logitsRow); default 64 MiB, at least one row, at most one a position. */
  readonly logitsHistoryBytes?: number
  /** Load although the plan says that it does not fit. Default false. */
  readonly ignoreMemoryLimit?: boolean
  /** Its threads give way to everybody else's: for an engine that follows another. Default false. */
  readonly background?: boolean
}

/** LoadOptions with every default filled in. */
export interface ResolvedLoadOptions {
  readonly backend: string
  readonly deviceIndex: number
  readonly threads: number
  readonly context: number
  readonly batch: number
  readonly kvType: KvTypeName
  readonly precision: PrecisionName
  readonly logitsHistoryBytes: number
  readonly background: boolean
}

/** Where the memory of a load goes, in bytes. Known before anything is loaded. */
export interface MemoryPlan {
  /** The file's own pages: shared with other processes and given back by the system under pressure. */
  readonly weightsMappedBytes: number
  /** Weights that the backend keeps a copy of (repacked, or on a device). */
  readonly weightsResidentBytes: number
  readonly kvCacheBytes: number
  readonly activationsBytes: number
  readonly traceBytes: number
  readonly logitsHistoryBytes: number
  readonly otherBytes: number
  readonly totalBytes: number
  /** What the machine (or the device) can give now. */
  readonly availableBytes: number
  readonly fits: boolean
}

export interface BackendIdentity {
  readonly name: string
  /** One line: the device and the instruction set chosen at run time. */
  readonly description: string
}

/** One backend that was looked for: present and usable, or the reason why not. */
export interface DeviceReport {
  readonly name: string
  readonly available: boolean
  readonly description: string
  /** Why it cannot be used; empty when available. */
  readonly reason: string
  /** The library file it came from; empty for those inside the addon. */
  readonly library: string
}

export interface LoadProgress {
  readonly stage: 'opening' | 'planning' | 'weights' | 'ready'
  /** 0..1 over the whole load. */
  readonly fraction: number
}

/** What to observe while evaluating. Nothing here changes one bit of the result. */
export interface TraceOptions {
  /** Statistics of every trace point of every evaluated position. */
  readonly stats?: boolean
  /** 64-bit hashes of the bit pattern of every trace point of every evaluated position. */
  readonly hashes?: boolean
  /** Time of every block of every layer. */
  readonly blockTimes?: boolean
  /** Trace indices (traceIndex()) whose whole rows are wanted, in the order they come back. */
  readonly captures?: readonly number[]
}

/** Deliberate faults for the fault lab; the names follow native/backend/backend.h. */
export interface FaultRequest {
  readonly kind: 'nan-at-point' | 'scale-weight-row' | 'drop-k-tile' | 'wrong-rope-base' | 'stale-kv-slot'
  readonly layer: number
  readonly point: LayerPoint
  readonly position: number
  readonly index: number
  readonly count: number
  readonly factor: number
}

export interface GenerateRequest {
  /**
   * The whole sequence to continue, BOS included. What it shares with the cache is not evaluated again: regenerating,
   * branching at a position and continuing are all said by the sequence alone.
   */
  readonly ids: readonly number[] | Int32Array
  /** Max tokens to produce, >= 0; the context's end stops earlier. */
  readonly maxTokens: number
  /** Default: greedy. */
  readonly sampling?: SamplingSettings
  /** Generation ends before the first of these texts appears; none may be empty. */
  readonly stopStrings?: readonly string[]
  /** Keep going after an end-of-generation token. Default false. */
  readonly ignoreEndOfGeneration?: boolean
  readonly trace?: TraceOptions
  /** Highest raw logits reported for every token; 0..64, default 10. */
  readonly candidates?: number
  /** Tokens evaluated in one call while prefilling; default: the load's batch. 1 = token by token. */
  readonly promptChunk?: number
  /** Evaluate the whole sequence again although the cache holds some of it. Default false. */
  readonly ignoreCache?: boolean
  /** Prompt-lookup speculation (exact: greedy output is the same); only with temperature 0 and no penalties. */
  readonly speculate?: boolean
  /** Rows are handed over at most this often, > 0; default: each as soon as it is there. */
  readonly paceMilliseconds?: number
  readonly faults?: readonly FaultRequest[]
}

/** Teacher-forced evaluation: every position's distribution, judged by the token that really follows. */
export interface EvaluateRequest {
  readonly ids: readonly number[] | Int32Array
  /** First position wanted; default 0. Earlier ones are taken from the cache where it holds them. */
  readonly from?: number
  /** false: no logits, only traces. Default true. */
  readonly logits?: boolean
  /** true: the full row of every position comes with its batch (positions × vocabulary × 4 bytes: mind the size). Default false. */
  readonly fullRows?: boolean
  readonly trace?: TraceOptions
  readonly candidates?: number
  readonly promptChunk?: number
  readonly ignoreCache?: boolean
  readonly faults?: readonly FaultRequest[]
}

/**
 * Some evaluated positions, as columns. Row i is one position: the token that went in, the distribution that came out and
 * the token chosen (or, teacher-forced, given) for the next position. Prompt positions come only when something of them
 * was asked for (a trace, or logits in evaluate()); their logits columns are NaN where no logits were computed.
 * The arrays belong to the receiver: their buffers may be transferred.
 */
export interface StepBatch {
  readonly count: number
  readonly phase: 'prompt' | 'generated'
  readonly positions: Int32Array
  readonly inputIds: Int32Array
  /** The token at position + 1; -1 where there is none (the end of a teacher-forced sequence). */
  readonly ids: Int32Array
  /** Raw logit of `ids`, before any sampler stage. */
  readonly chosenLogits: Float32Array
  /** ln softmax of the raw logits at `ids`: the model's own opinion. */
  readonly logProbabilities: Float32Array
  /** ln of the probability it was drawn with, after all sampler stages; 0 for greedy; NaN when not sampled. */
  readonly samplerLogProbabilities: Float32Array
  /** ln of the sum of exp of the raw logits: probability of candidate c = exp(candidateLogits[c] - logSumExps). */
  readonly logSumExps: Float32Array
  /** Entropy of the raw distribution, in nats. */
  readonly entropies: Float32Array
  /** How many raw logits are higher than the chosen one's (ties: how many such with a lower id): 0 = the favourite. -1 = no logits. */
  readonly ranks: Int32Array
  /** Highest raw logit minus the second highest. */
  readonly margins: Float32Array
  /** NaN values in the logits row. */
  readonly logitNanCounts: Uint32Array
  readonly candidatesPerStep: number
  /** count × candidatesPerStep, highest logit first, ties to the lowest id; -1 where the vocabulary is smaller. */
  readonly candidateIds: Int32Array
  readonly candidateLogits: Float32Array
  /** Wall time of the step, forward + sampling; a chunk's time is divided evenly among its positions. */
  readonly stepMilliseconds: Float32Array
  /** When the step ended, since the request began. */
  readonly endMilliseconds: Float64Array
  /** 1 where prompt-lookup guessed this token and the model agreed. */
  readonly speculated: Uint8Array
  /** Whether the full row is (still) in the history: logitsRow(position) answers without evaluating. */
  readonly rowsKept: Uint8Array
  /** count × (layers + 1) × TIMED_BLOCKS.length; the last row of a position is what lies outside the layers. */
  readonly blockMilliseconds?: Float32Array
  /** count × tracePointCount × 40 bytes: see TRACE_STATS_WORDS. */
  readonly stats?: Uint8Array
  /** count × tracePointCount. */
  readonly hashes?: BigUint64Array
  /** count × the sum of the captured widths, point after point inside a position. */
  readonly captures?: Float32Array
  /** count × vocabulary; only evaluate({ fullRows: true }). */
  readonly logits?: Float32Array
}

export type FinishReason =
  | 'length' // maxTokens reached
  | 'end-of-generation' // the model said so
  | 'stop-string'
  | 'context-full'
  | 'cancelled'
  | 'failed'
  | 'evaluated' // evaluate() came to its end

export interface SpeculationReport {
  readonly drafted: number
  readonly accepted: number
}

export interface FinishReport {
  readonly reason: FinishReason
  /** Only with 'failed'. What was produced before stays valid. */
  readonly error?: GretaErrorData
  /** Only with 'stop-string': the text that ended it (not part of the output). */
  readonly stopString?: string
  /** All generated ids; with a stop string, those up to the exact token where the KV cache was rewound to. */
  readonly ids: Int32Array
  readonly text: string
  readonly promptTokenCount: number
  /** Prompt tokens that the cache already held. */
  readonly reusedTokenCount: number
  readonly prefillMilliseconds: number
  /** From the start of the request to the first token; NaN when there was none. */
  readonly timeToFirstTokenMilliseconds: number
  /** From the first token to the last. */
  readonly decodeMilliseconds: number
  readonly totalMilliseconds: number
  readonly prefillTokensPerSecond: number
  readonly decodeTokensPerSecond: number
  readonly speculation?: SpeculationReport
  /** NaN values seen in all traced tensors and logits of this request. */
  readonly nanCount: number
  /** Step batches were merged or the inference thread waited because the receiver was slow. */
  readonly backpressureWaits: number
}

export type SessionEvent =
  | { readonly kind: 'prefill'; readonly done: number; readonly total: number; readonly reused: number }
  | { readonly kind: 'steps'; readonly batch: StepBatch }
  /** Text that became certain; `tokenIndex` counts generated tokens up to and including the one that completed it. */
  | { readonly kind: 'text'; readonly text: string; readonly tokenIndex: number }
  | { readonly kind: 'finished'; readonly report: FinishReport }

/** A request in progress. Iterate it, or only await its result: both see everything, and neither blocks the engine for long. */
export interface Running extends AsyncIterable<SessionEvent> {
  /** Never rejects: a failure is a report with reason 'failed'. */
  readonly result: Promise<FinishReport>
  /** Ends it within one token; what was produced stays. */
  cancel(): void
}

export interface LogitsRow {
  readonly position: number
  readonly logits: Float32Array
  /** 'captured' = the very row the token was chosen from; 're-evaluated' = computed again on demand. */
  readonly source: 'captured' | 're-evaluated'
}

/** The logit lens: final norm and head applied to the residual stream after every layer. */
export interface LensResult {
  readonly position: number
  readonly layers: Int32Array
  readonly candidatesPerLayer: number
  /** layers × candidatesPerLayer. */
  readonly candidateIds: Int32Array
  readonly candidateLogits: Float32Array
  readonly logSumExps: Float32Array
  /** Rank of the token that really follows, in each layer's distribution; -1 when nothing follows. */
  readonly nextTokenRanks: Int32Array
  /** layers × vocabulary; only when asked for. */
  readonly logits?: Float32Array
}

export interface CaptureResult {
  readonly from: number
  readonly count: number
  /** One Float32Array a trace index: count × width. Evaluated again, with the same arithmetic. */
  readonly tensors: ReadonlyMap<number, Float32Array>
}

/** One model on one backend with one KV cache. Requests run one at a time; a second one is refused while one runs. */
export interface Session {
  readonly model: OpenedModel
  readonly config: ModelConfig
  readonly tokenizer: Tokenizer
  readonly backend: BackendIdentity
  readonly options: ResolvedLoadOptions
  readonly plan: MemoryPlan
  readonly loadMilliseconds: number
  /** The sequence as it stands: prompt and generated tokens. */
  readonly ids: Int32Array
  /** Positions whose k and v are in the cache; at most ids.length. */
  readonly cachedLength: number
  readonly busy: boolean

  generate(request: GenerateRequest): Running
  evaluate(request: EvaluateRequest): Running
  /** Forgets everything from `length` on. */
  rewind(length: number): void
  /** The full logits row computed at `position` (it predicts position + 1). Evaluates only when the history lost it. */
  logitsRow(position: number): Promise<LogitsRow>
  /** The same row where the history still holds it, at once and also while a request runs; else undefined. */
  keptLogitsRow(position: number): Float32Array | undefined
  lens(request: { readonly position: number; readonly candidates?: number; readonly fullRows?: boolean }): Promise<LensResult>
  capture(request: {
    readonly from: number
    readonly to: number
    readonly traceIndices: readonly number[]
    readonly faults?: readonly FaultRequest[]
  }): Promise<CaptureResult>
  /** One operation on given inputs, with the arithmetic of forward(): see docs/operations.md. */
  runOperation(request: {
    readonly layer: number
    readonly point: LayerPoint
    readonly inputs: readonly Float32Array[]
    readonly tokenCount: number
    readonly position: number
  }): Promise<Float32Array>
  /** k and v of positions [from, to) of one layer, each (to - from) × kvHeads·headDim. */
  readKv(layer: number, from: number, to: number): Promise<{ readonly k: Float32Array; readonly v: Float32Array }>
  /** Cancels what runs, frees everything; further calls are refused. Idempotent. */
  close(): Promise<void>
}

/** The entry points of src/engine/session/index.ts. */
export interface SessionModule {
  /** Opens, plans and loads. A model that does not fit is refused before anything is read, with the numbers. */
  loadSession(
    path: string,
    options?: LoadOptions,
    control?: { readonly onProgress?: (progress: LoadProgress) => void; readonly signal?: AbortSignal }
  ): Promise<Session>
  planSession(path: string, options?: LoadOptions): Promise<{ readonly plan: MemoryPlan; readonly options: ResolvedLoadOptions }>
  devices(): readonly DeviceReport[]
}
