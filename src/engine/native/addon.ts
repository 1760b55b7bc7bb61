import type { ModelDimensions } from '../../shared/model/description'
import type { SamplingSettings } from '../../shared/model/sampling'

/** The native addon's exports, mirrored by hand from native/addon/: change both together. Everything crosses by copy. */
export interface NativeAddon {
  readonly interfaceVersion: number
  readonly NativeSession: new (onWake: () => void) => NativeSession
  listBackends(search: { readonly folders: readonly string[] }): NativeBackendReport[]
  /** Throws NativeError. */
  planModel(model: NativeModelSpec, options: NativeLoadOptions): NativePlan
  dtypes(): { readonly name: string; readonly id: number; readonly blockWeights: number; readonly blockBytes: number }[]
  dequantise(tensor: { readonly type: number; readonly bytes: Uint8Array; readonly rows: number; readonly cols: number }): Float32Array
  tensorStatistics(tensor: NativeTensorLocation & { readonly bins: number }): Promise<NativeTensorStatistics>
  /** Bytes per second, one value a repetition. */
  measureReadBandwidth(measurement: {
    readonly threads: number
    readonly bytes: number
    readonly repetitions: number
  }): Promise<Float64Array>
  sampleRow(request: NativeSampleRequest): NativeSample
}

/** What a rejected promise or a throw of the addon carries: StatusCode of native/base/status.h and a sentence. */
export interface NativeError extends Error {
  readonly status: number
}

export interface NativeBackendReport {
  readonly name: string
  readonly available: boolean
  readonly description: string
  readonly reason: string
  readonly library: string
}

export interface NativeModelSpec extends ModelDimensions {
  readonly rmsNormEpsilon: number
  readonly attentionScale: number
  readonly ropeMagnitude: number
  /** 0 interleaved, 1 half-split. */
  readonly ropePairing: number
  readonly ropeDims: number
  readonly ropeInverseFrequencies: Float64Array
  readonly filePaths: readonly string[]
  readonly fileSizes: Float64Array
  /** Rows of [present, file, offset, bytes, type, rows, cols, row order]: embedding, final norm, lm_head, then 14 a layer. */
  readonly tensors: Float64Array
}

export interface NativeLoadOptions {
  readonly backend: string
  readonly backendFolders: readonly string[]
  readonly context: number
  readonly batch: number
  /** 0 f32, 1 f16. */
  readonly kvType: number
  /** 0 f32, 1 bf16. */
  readonly precision: number
  readonly threads: number
  readonly deviceIndex: number
  readonly logitsHistoryBytes: number
  readonly background: boolean
}

/** Bytes. */
export interface NativePlan {
  readonly weightsMapped: number
  readonly weightsResident: number
  readonly kvCache: number
  readonly activations: number
  readonly trace: number
  readonly other: number
  readonly logitsHistory: number
  readonly backendName: string
  readonly deviceDescription: string
}

export interface NativeSampling extends Omit<SamplingSettings, 'logitBias' | 'order'> {
  readonly biasIds: Int32Array
  readonly biases: Float32Array
  /** Indices into SAMPLER_STAGES. */
  readonly order: Uint32Array
}

export interface NativeFault {
  readonly kind: number
  readonly layer: number
  readonly point: number
  readonly position: number
  readonly index: number
  readonly count: number
  readonly factor: number
}

interface NativeRunCommon {
  readonly ids: Int32Array
  readonly candidates: number
  readonly promptChunk: number
  readonly ignoreCache: boolean
  readonly stats: boolean
  readonly hashes: boolean
  readonly blockTimes: boolean
  readonly captures: Uint32Array
  readonly faults: readonly NativeFault[]
}

export interface NativeGenerateRequest extends NativeRunCommon {
  readonly kind: 0
  readonly maxTokens: number
  readonly stopIds: Int32Array
  readonly speculate: boolean
  readonly sampling: NativeSampling
}

export interface NativeEvaluateRequest extends NativeRunCommon {
  readonly kind: 1
  readonly from: number
  readonly logits: boolean
  readonly fullRows: boolean
}

export type NativeRunRequest = NativeGenerateRequest | NativeEvaluateRequest

/** FinishReason of native/engine/run_request.h, by index. */
export const NATIVE_FINISH_REASONS = ['length', 'end-of-generation', 'context-full', 'cancelled', 'failed', 'evaluated'] as const

export interface NativeRunOutcome {
  readonly reason: number
  readonly status: number
  readonly message: string
  readonly reusedTokens: number
  readonly cachedLength: number
  readonly generatedTokens: number
  readonly prefillMilliseconds: number
  /** -1 when no token was chosen. */
  readonly firstTokenMilliseconds: number
  readonly decodeMilliseconds: number
  readonly totalMilliseconds: number
  readonly draftedTokens: number
  readonly acceptedTokens: number
  readonly nanCount: number
  readonly queueWaits: number
}

/** Columns of some rows; the meaning of each is StepBatch's (src/engine/session/types.ts). */
export interface NativeSteps {
  readonly count: number
  /** 0 prompt, 1 generated. */
  readonly phases: Uint8Array
  readonly positions: Int32Array
  readonly inputIds: Int32Array
  readonly ids: Int32Array
  readonly ranks: Int32Array
  readonly chosenLogits: Float32Array
  readonly logProbabilities: Float32Array
  readonly samplerLogProbabilities: Float32Array
  readonly logSumExps: Float32Array
  readonly entropies: Float32Array
  readonly margins: Float32Array
  readonly logitNanCounts: Uint32Array
  readonly stepMilliseconds: Float32Array
  readonly endMilliseconds: Float64Array
  readonly speculated: Uint8Array
  readonly rowsKept: Uint8Array
  readonly candidatesPerStep: number
  readonly candidateIds?: Int32Array
  readonly candidateLogits?: Float32Array
  readonly blockMilliseconds?: Float32Array
  readonly stats?: Uint8Array
  readonly hashes?: BigUint64Array
  readonly captures?: Float32Array
  readonly logits?: Float32Array
}

export interface NativeProgress {
  /** 0..1 of load(). */
  readonly loadFraction: number
  /** Positions of the run in progress. */
  readonly done: number
  readonly total: number
  readonly reused: number
}

/** One engine. Work is done in the order it was asked for, on its own thread; promises reject with NativeError. */
export interface NativeSession {
  load(model: NativeModelSpec, options: NativeLoadOptions): Promise<NativePlan>
  run(request: NativeRunRequest): Promise<NativeRunOutcome>
  /** Rows that lie together, or null: call until null. */
  drain(): NativeSteps | null
  progress(): NativeProgress
  /** true: steps and progress wake nobody until false. Answers always do. */
  pauseWakes(paused: boolean): void
  /** The history's row of a position, or null. Answers at once. */
  keptRow(position: number): Float32Array | null
  evaluateRow(request: { readonly ids: Int32Array }): Promise<Float32Array>
  capture(request: {
    readonly ids: Int32Array
    readonly from: number
    readonly points: Uint32Array
    readonly faults: readonly NativeFault[]
  }): Promise<Float32Array[]>
  /** layers × vocabulary. */
  lens(request: { readonly ids: Int32Array }): Promise<Float32Array>
  runOperation(request: {
    readonly layer: number
    readonly point: number
    readonly inputs: readonly Float32Array[]
    readonly tokenCount: number
    readonly position: number
  }): Promise<Float32Array>
  readKv(request: {
    readonly layer: number
    readonly from: number
    readonly to: number
  }): Promise<{ readonly k: Float32Array; readonly v: Float32Array }>
  /** Ends what runs (load, run, inspection) within a layer. */
  cancel(): void
  /** Cancels, frees everything; resolves when the memory is given back. */
  close(): Promise<void>
}

export interface NativeTensorLocation {
  readonly path: string
  readonly fileSize: number
  readonly offset: number
  readonly type: number
  readonly rows: number
  readonly cols: number
}

export interface NativeTensorStatistics {
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly rms: number
  readonly absmax: number
  readonly count: number
  readonly nan: number
  readonly zero: number
  readonly positiveInfinity: number
  readonly negativeInfinity: number
  /** Equal bins over [min, max]. */
  readonly histogram: Float64Array
}

export interface NativeSampleRequest {
  readonly logits: Float32Array
  readonly history: Int32Array
  readonly position: number
  readonly sampling: NativeSampling
}

export interface NativeSample {
  /** -1: nothing could be chosen. */
  readonly id: number
  readonly logProbability: number
  readonly survivorIds: Int32Array
  readonly survivorLogits: Float64Array
}
