import { GretaError } from '../../shared/errors'
import type { ModelConfig, OpenedModel } from '../../shared/model/description'
import { tracePointCount } from '../../shared/model/trace-points'
import { runnableOf } from './runnable'

/** What of a load decides its size. The defaults are those of the engine's load options. */
export interface MemoryPlanOptions {
  /** Positions of the KV cache; default: what the model was trained for, at most 4096. */
  readonly context?: number
  /** Max tokens evaluated in one call; default 512, at most the context. */
  readonly batch?: number
  readonly kvType?: 'f32' | 'f16'
  /** Bytes for logits rows that are kept; rounded down to whole rows, at least one, at most one a position. Default 64 MiB. */
  readonly logitsHistoryBytes?: number
}

/** Where the memory of a load goes on a backend that computes from the mapped file (`reference`, `cpu` without repacking). */
export interface MemoryNeeds {
  readonly context: number
  readonly batch: number
  /** All bytes of tensors that have a role: file pages, shared and reclaimable. */
  readonly weightsMappedBytes: number
  readonly kvCacheBytes: number
  readonly activationsBytes: number
  readonly traceBytes: number
  readonly logitsHistoryBytes: number
  readonly totalBytes: number
}

const F32_BYTES = 4
/** Native TraceStats. */
const TRACE_ROW_BYTES = 40
const DEFAULT_CONTEXT = 4096
const DEFAULT_BATCH = 512
const DEFAULT_LOGITS_HISTORY_BYTES = 64 * 1024 * 1024

/** k and v of every layer and position: 2 * layers * context * kvHeads * headDim elements. */
export function kvCacheBytes(config: ModelConfig, context: number, kvType: 'f32' | 'f16'): number {
  const elementBytes = kvType === 'f32' ? 4 : 2
  return 2 * config.layerCount * context * config.kvHeadCount * config.headDim * elementBytes
}

/**
 * Buffers of one forward pass over `batch` tokens, all f32: the residual stream, its norm and the projection added to it;
 * q and the attention context; k and v; gate, up and their product; and one row of logits.
 */
export function activationsBytes(config: ModelConfig, batch: number): number {
  const perToken =
    3 * config.embeddingLength +
    2 * config.headCount * config.headDim +
    2 * config.kvHeadCount * config.headDim +
    3 * config.feedForwardLength
  return (batch * perToken + config.vocabularySize) * F32_BYTES
}

/** One statistics row for every trace point of every token of a batch. */
export const traceBytes = (config: ModelConfig, batch: number): number => batch * tracePointCount(config.layerCount) * TRACE_ROW_BYTES

/** Whole rows of logits that fit the budget: at least one, at most one for every position. */
export function logitsHistoryBytes(config: ModelConfig, context: number, budgetBytes: number): number {
  const rowBytes = config.vocabularySize * F32_BYTES
  const rows = Math.min(Math.max(Math.floor(budgetBytes / rowBytes), 1), context)
  return rows * rowBytes
}

/**
 * What a model will need before anything is allocated. A backend's own plan(), which knows about repacking and device
 * copies, replaces this once a device is chosen. Throws 'unsupported' for a model that cannot run.
 */
export function planMemory(opened: OpenedModel, options: MemoryPlanOptions = {}): MemoryNeeds {
  const { config } = runnableOf(opened)
  const context = checkedSize('context', options.context ?? Math.min(config.contextLength, DEFAULT_CONTEXT))
  const batch = Math.min(checkedSize('batch', options.batch ?? DEFAULT_BATCH), context)
  const needs = {
    weightsMappedBytes: opened.tensors.reduce((sum, tensor) => sum + tensor.sizeBytes, 0),
    kvCacheBytes: kvCacheBytes(config, context, options.kvType ?? 'f16'),
    activationsBytes: activationsBytes(config, batch),
    traceBytes: traceBytes(config, batch),
    logitsHistoryBytes: logitsHistoryBytes(config, context, options.logitsHistoryBytes ?? DEFAULT_LOGITS_HISTORY_BYTES)
  }
  return { context, batch, ...needs, totalBytes: Object.values(needs).reduce((sum, bytes) => sum + bytes, 0) }
}

function checkedSize(what: string, value: number): number {
  if (!Number.isInteger(value) || value < 1 || value > 2 ** 31 - 1) {
    throw new GretaError('out-of-range', `The ${what} is ${value}; expected a whole number from 1 to ${2 ** 31 - 1}.`)
  }
  return value
}
