import { GretaError } from '../../shared/errors'
import { LAYER_POINTS, traceIndex } from '../../shared/model/trace-points'
import type { DivergenceCard, DivergenceReport } from '../../shared/protocol/numerics'
import type { FaultRequest, Session } from '../session/types'
import { captureLayer, replayBlock, replayOperation } from './block-replay'
import { evaluateSteps } from './collect'
import { diagnose } from './diagnose'
import { layerInputIndex, OPERATION_NAMES } from './operations'
import { findBrokenOperation } from './own-arithmetic'
import { firstAbove, rowErrors, worstRow } from './row-errors'

export interface DivergenceOptions {
  /** Local NMSE at which an operation is named; see bands.ts. */
  readonly limit: number
  readonly faults?: readonly FaultRequest[]
  readonly signal?: AbortSignal
  readonly onProgress?: (what: string, fraction: number) => void
}

/** Bytes of residual rows held at once in pass 1. */
const PASS_ONE_BYTES = 256 * 2 ** 20

/**
 * First divergence in two passes, teacher-forced on the same ids. Pass 1: the reference runs every block on the residual
 * stream the tested side fed into it, so inherited error is taken out; a linear scan finds the first block beyond `limit`.
 * Pass 2: that block's operations, one by one, on their own inputs, in execution order: the first one beyond is the offender.
 * A tested side of bf16 precision that agrees is held to its own arithmetic too, bit for bit (own-arithmetic.ts).
 * The reference session's cache is used as a work bench; its sequence is evaluated again afterwards by whoever needs it.
 */
export async function findFirstDivergence(
  reference: Session,
  test: Session,
  ids: readonly number[],
  options: DivergenceOptions
): Promise<DivergenceReport> {
  const { layerCount, embeddingLength } = test.config
  if (reference.config.layerCount !== layerCount || reference.config.embeddingLength !== embeddingLength)
    throw new GretaError(
      'usage',
      `The two models differ in shape: ${reference.config.layerCount} layers of ${reference.config.embeddingLength} against ${layerCount} of ${embeddingLength}; compare models of the same shape.`
    )
  const count = ids.length
  const faults = options.faults === undefined ? {} : { faults: options.faults }
  await evaluateSteps(test, { ids, ignoreCache: true, logits: false, ...faults }, () => undefined, options.signal)
  await evaluateSteps(reference, { ids, ignoreCache: true, logits: false }, () => undefined, options.signal)

  const group = Math.max(1, Math.floor(PASS_ONE_BYTES / (count * embeddingLength * 4)) - 1)
  const blocks: DivergenceReport['blocks'][number][] = []
  for (let begin = 0; begin < layerCount; begin += group) {
    const end = Math.min(begin + group, layerCount)
    const indices = Array.from({ length: end - begin + 1 }, (_, i) => layerInputIndex(begin + i))
    const tested = (await test.capture({ from: 0, to: count, traceIndices: indices, ...faults })).tensors
    const own = (await reference.capture({ from: 0, to: count, traceIndices: indices })).tensors
    for (let layer = begin; layer < end; layer += 1) {
      options.signal?.throwIfAborted()
      options.onProgress?.(`block ${layer}`, layer / layerCount)
      const found = tested.get(traceIndex(layer, 'layer_out')) as Float32Array
      const expected = await replayBlock(reference, layer, tested.get(layerInputIndex(layer)) as Float32Array, count)
      const local = rowErrors(expected, found, embeddingLength)
      const cumulative = rowErrors(own.get(traceIndex(layer, 'layer_out')) as Float32Array, found, embeddingLength)
      blocks.push({ layer, localNmse: worstRow(local)?.nmse ?? 0, cumulativeNmse: worstRow(cumulative)?.nmse ?? 0 })
      if (firstAbove(local, options.limit) !== undefined) {
        const first = await findOffender(reference, test, layer, count, options)
        if (first !== undefined) return report(reference, test, ids, options, blocks, first)
      }
    }
  }
  const broken = test.options.precision === 'bf16' ? await findBrokenOperation(test, count, options) : undefined
  return report(reference, test, ids, options, blocks, broken)
}

async function findOffender(
  reference: Session,
  test: Session,
  layer: number,
  count: number,
  options: DivergenceOptions
): Promise<DivergenceCard | undefined> {
  const inputs = await captureLayer(test, layer, count, options.faults)
  let inputsNmse = 0
  for (const [index, point] of LAYER_POINTS.entries()) {
    options.onProgress?.(`block ${layer}, ${point}`, index / LAYER_POINTS.length)
    const found = inputs.get(point) as Float32Array
    const expected = await replayOperation(reference, layer, point, inputs, count)
    const width = found.length / count
    const rows = rowErrors(expected, found, width)
    const first = firstAbove(rows, options.limit)
    if (first === undefined) {
      inputsNmse = Math.max(inputsNmse, worstRow(rows)?.nmse ?? 0)
      continue
    }
    const element = first.firstMismatchIndex >= 0 ? first.firstMismatchIndex : first.worstIndex
    const diagnosis = await diagnose(reference, { layer, point, position: first.position, width, expected, found, inputs, count })
    return {
      layer,
      point,
      operation: OPERATION_NAMES[point],
      localNmse: worstRow(rows)?.nmse ?? first.nmse,
      limit: options.limit,
      firstPosition: first.position,
      worstElement: element,
      expected: expected[first.position * width + element] as number,
      found: found[first.position * width + element] as number,
      inputsNmse,
      ...(diagnosis === undefined ? {} : { diagnosis })
    }
  }
  return undefined
}

const describe = (session: Session): string => `${session.backend.name} · ${session.config.name}`

function report(
  reference: Session,
  test: Session,
  ids: readonly number[],
  options: DivergenceOptions,
  blocks: DivergenceReport['blocks'],
  first?: DivergenceCard
): DivergenceReport {
  return {
    reference: describe(reference),
    test: describe(test),
    positions: ids.length,
    limit: options.limit,
    blocks,
    ...(first === undefined ? {} : { first }),
    verdict: first === undefined ? 'agree' : 'diverges'
  }
}
