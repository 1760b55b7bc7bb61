import { GretaError } from '../../shared/errors'
import { formatBytes } from '../../shared/units'
import type { NativePlan } from '../native'
import { availableMemoryBytes } from './machine'
import type { MemoryPlan } from './types'

/** Backends that compute in the memory of this machine; the others refuse in plan() what their device cannot hold. */
const HOST_BACKENDS: readonly string[] = ['reference', 'cpu']
export const isHostBackend = (name: string): boolean => HOST_BACKENDS.includes(name)

export function memoryPlan(plan: NativePlan): MemoryPlan {
  const parts = [plan.weightsMapped, plan.weightsResident, plan.kvCache, plan.activations, plan.trace, plan.logitsHistory, plan.other]
  const totalBytes = parts.reduce((sum, part) => sum + part, 0)
  const availableBytes = availableMemoryBytes()
  return {
    weightsMappedBytes: plan.weightsMapped,
    weightsResidentBytes: plan.weightsResident,
    kvCacheBytes: plan.kvCache,
    activationsBytes: plan.activations,
    traceBytes: plan.trace,
    logitsHistoryBytes: plan.logitsHistory,
    otherBytes: plan.other,
    totalBytes,
    availableBytes,
    fits: !isHostBackend(plan.backendName) || totalBytes <= availableBytes
  }
}

export function refuseIfTooLarge(plan: MemoryPlan, path: string): void {
  if (plan.fits) return
  const weights = plan.weightsMappedBytes + plan.weightsResidentBytes
  throw new GretaError(
    'out-of-memory',
    `${path} needs ${formatBytes(plan.totalBytes)} (weights ${formatBytes(weights)}, KV cache ${formatBytes(plan.kvCacheBytes)}, ` +
      `the rest ${formatBytes(plan.totalBytes - weights - plan.kvCacheBytes)}); ${formatBytes(plan.availableBytes)} are available.`,
    'Choose a smaller context, --kv-type f16 or a smaller model.'
  )
}
