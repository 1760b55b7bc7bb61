import { traceIndex } from '../../shared/model/trace-points'
import { weightBytesOf } from '../formats/weight-data'
import { dequantise } from '../native/tools'
import type { Session } from '../session/types'
import { layerInputIndex } from './operations'

export interface KernelErrors {
  /** Largest |y - y64| / |y64| of the attention norm over every layer and position. */
  readonly rmsNorm: number
  /** Largest |p - p64| of any attention weight over every layer, head and position. */
  readonly softmax: number
  readonly keyValueCount: number
  /** Keys and values that come back from an f32 cache with other bits than were computed. */
  readonly keyValueMismatches: number
}

/**
 * Errors of the backend's own kernels on the model's own data, against float64 here. Attention weights are made visible by
 * attending over one-hot values: component d of the context is then the weight of position d.
 */
export async function measureKernelErrors(session: Session, ids: readonly number[]): Promise<KernelErrors> {
  const { config } = session
  const count = Math.min(ids.length, config.headDim, 32)
  const result = { rmsNorm: 0, softmax: 0, keyValueCount: 0, keyValueMismatches: 0 }
  for (let layer = 0; layer < config.layerCount; layer += 1) {
    const indices = [
      layerInputIndex(layer),
      traceIndex(layer, 'attn_norm'),
      traceIndex(layer, 'q'),
      traceIndex(layer, 'k'),
      traceIndex(layer, 'v')
    ]
    await consume(session, ids.slice(0, count))
    const { tensors } = await session.capture({ from: 0, to: count, traceIndices: indices })
    const [x, normed, q, k, v] = indices.map((index) => tensors.get(index) as Float32Array) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array
    ]
    result.rmsNorm = Math.max(result.rmsNorm, normError(session, layer, x, normed, count))
    const cached = await session.readKv(layer, 0, count)
    result.keyValueCount += k.length + v.length
    result.keyValueMismatches += mismatches(k, cached.k) + mismatches(v, cached.v)
    const probe = softmaxProbe(session, q, k, count)
    const weights = await session.runOperation({
      layer,
      point: 'attn_context',
      inputs: [probe.queries, probe.keys, probe.values],
      tokenCount: count,
      position: 0
    })
    result.softmax = Math.max(result.softmax, softmaxError(session, probe.keys, weights, count))
    session.rewind(0)
  }
  return result
}

async function consume(session: Session, ids: readonly number[]): Promise<void> {
  for await (const event of session.evaluate({ ids, ignoreCache: true, logits: false })) void event
}

const mismatches = (computed: Float32Array, cached: Float32Array): number => {
  const [a, b] = [
    new Uint32Array(computed.buffer, computed.byteOffset, computed.length),
    new Uint32Array(cached.buffer, cached.byteOffset, cached.length)
  ]
  return a.reduce((sum, bits, index) => sum + (bits === b[index] ? 0 : 1), 0)
}

function normError(session: Session, layer: number, x: Float32Array, normed: Float32Array, count: number): number {
  const weight = session.model.runnable?.weights.layers[layer]?.attnNorm.tensor
  if (weight === undefined) return 0
  const width = x.length / count
  const w = dequantise(weight.type, weightBytesOf(session.model, weight), 1, width)
  let largest = 0
  for (let t = 0; t < count; t += 1) {
    let sum = 0
    for (let i = 0; i < width; i += 1) sum += (x[t * width + i] as number) ** 2
    const scale = 1 / Math.sqrt(sum / width + session.config.rmsNormEpsilon)
    for (let i = 0; i < width; i += 1) {
      const exact = (x[t * width + i] as number) * scale * (w[i] as number)
      if (exact !== 0) largest = Math.max(largest, Math.abs((normed[t * width + i] as number) - exact) / Math.abs(exact))
    }
  }
  return largest
}

interface SoftmaxProbe {
  readonly queries: Float32Array
  readonly keys: Float32Array
  readonly values: Float32Array
}

/**
 * Attention inputs whose products are exact, so that only the softmax is judged: queries are 1 in their first component and 0
 * elsewhere, keys carry a score of the model's own (the last position's first head of each group) in theirs.
 */
function softmaxProbe(session: Session, q: Float32Array, k: Float32Array, count: number): SoftmaxProbe {
  const { headCount, kvHeadCount, headDim } = session.config
  const queries = new Float32Array(q.length)
  for (let at = 0; at < queries.length; at += headDim) queries[at] = 1
  const keys = new Float32Array(k.length)
  const values = new Float32Array(k.length)
  for (let position = 0; position < count; position += 1) {
    for (let head = 0; head < kvHeadCount; head += 1) {
      const query = ((count - 1) * headCount + head * (headCount / kvHeadCount)) * headDim
      const at = (position * kvHeadCount + head) * headDim
      let dot = 0
      for (let d = 0; d < headDim; d += 1) dot += (q[query + d] as number) * (k[at + d] as number)
      keys[at] = dot
      values[at + position] = 1
    }
  }
  return { queries, keys, values }
}

function softmaxError(session: Session, keys: Float32Array, weights: Float32Array, count: number): number {
  const { headCount, kvHeadCount, headDim, attentionScale } = session.config
  const scale = Math.fround(attentionScale)
  let largest = 0
  for (let t = 0; t < count; t += 1) {
    for (let head = 0; head < headCount; head += 1) {
      const kvHead = Math.floor(head / (headCount / kvHeadCount))
      const scores = Float64Array.from({ length: t + 1 }, (_, j) =>
        Math.fround((keys[(j * kvHeadCount + kvHead) * headDim] as number) * scale)
      )
      const maximum = Math.max(...scores)
      const exponentials = scores.map((score) => Math.exp(score - maximum))
      const total = exponentials.reduce((sum, value) => sum + value, 0)
      for (let j = 0; j <= t; j += 1) {
        const found = weights[(t * headCount + head) * headDim + j] as number
        largest = Math.max(largest, Math.abs(found - (exponentials[j] as number) / total))
      }
    }
  }
  return largest
}
