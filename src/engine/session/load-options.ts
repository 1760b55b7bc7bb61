import { GretaError } from '../../shared/errors'
import type { ModelConfig } from '../../shared/model/description'
import { physicalProcessors } from './machine'
import { isHostBackend } from './memory-plan'
import type { LoadOptions, ResolvedLoadOptions } from './types'

const DEFAULT_LARGEST_CONTEXT = 4096
const LARGEST_CONTEXT = 2 ** 22
const LARGEST_BATCH = 8192
const DEFAULT_BATCH = 512
const DEFAULT_HISTORY_BYTES = 64 * 2 ** 20

/** Fills in the defaults and refuses what cannot be. */
export function resolveLoadOptions(options: LoadOptions, config: ModelConfig): ResolvedLoadOptions {
  const backend = options.backend ?? 'cpu'
  const context = whole('context', options.context ?? Math.min(config.contextLength, DEFAULT_LARGEST_CONTEXT), 1, LARGEST_CONTEXT)
  return {
    backend,
    deviceIndex: whole('device index', options.deviceIndex ?? 0, 0, 1023),
    threads: whole('threads', options.threads ?? physicalProcessors(), 1, 1024),
    context,
    batch: Math.min(context, whole('batch', options.batch ?? DEFAULT_BATCH, 1, LARGEST_BATCH)),
    kvType: options.kvType ?? 'f16',
    // GPU matrix units take 16-bit operands; a backend refuses a level that it cannot keep.
    precision: options.precision ?? (isHostBackend(backend) ? 'f32' : 'bf16'),
    logitsHistoryBytes: whole('logits history', options.logitsHistoryBytes ?? DEFAULT_HISTORY_BYTES, 0, 2 ** 40),
    background: options.background ?? false
  }
}

function whole(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new GretaError('usage', `The ${name} must be a whole number from ${least} to ${most}, not ${value}.`)
}
