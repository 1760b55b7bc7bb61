import { existsSync, mkdtempSync, renameSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { GretaError } from '../../shared/errors'
import type { LayerWeightTable, OpenedModel, WeightReference } from '../../shared/model/description'
import type { LayerPoint } from '../../shared/model/trace-points'
import { systemReason } from '../../shared/system-errors'
import { npyHeader } from '../bundle/npy'
import { makeFolder } from '../formats/make-folder'
import { weightBytesOf } from '../formats/weight-data'
import { removeQuietly } from '../formats/write-whole'
import { dequantise } from '../native/tools'
import type { FaultRequest, Session } from '../session/types'
import { captureLayer, replayOperation } from './block-replay'
import { OPERATION_INPUTS, OPERATION_NAMES } from './operations'
import { REPRO_CHECK_SOURCE } from './repro-check'
import { tensorError } from './tensor-error'

/** Which operation to cut out, and over which positions. */
export interface ReproRequest {
  readonly layer: number
  readonly point: LayerPoint
  /** One position, with everything attention needs before it. */
  readonly position: number
  readonly limit: number
  readonly faults?: readonly FaultRequest[]
}

/** Largest dequantised weight that a repro carries. */
const WEIGHT_BYTES = 1 << 30

/** The matrix or norm an operation multiplies with. */
const WEIGHT_OF: Readonly<Partial<Record<LayerPoint, keyof LayerWeightTable>>> = {
  attn_norm: 'attnNorm',
  q: 'q',
  k: 'k',
  v: 'v',
  attn_out: 'attnOutput',
  ffn_norm: 'ffnNorm',
  ffn_gate: 'ffnGate',
  ffn_up: 'ffnUp',
  ffn_down: 'ffnDown'
}

/**
 * Writes a folder with one operation of one layer: inputs as the tested side had them (.npy), the dequantised weight,
 * what the reference gives on these inputs, what was found, parameters, and check.mjs, a standalone test. The sequence is
 * the test session's own. The folder appears whole or not at all; an existing one is refused.
 */
export async function exportRepro(reference: Session, test: Session, request: ReproRequest, folder: string): Promise<void> {
  if (existsSync(folder)) throw new GretaError('usage', `${folder} exists already; a repro is written to a new folder.`)
  const { layer, point, position } = request
  const count = position + 1
  if (count > test.ids.length || layer >= test.config.layerCount)
    throw new GretaError(
      'out-of-range',
      `Layer ${layer}, position ${position} was asked of a run with ${test.config.layerCount} layers and ${test.ids.length} positions.`
    )
  const tensors = await captureLayer(test, layer, count, request.faults)
  const expectedAll = await replayOperation(reference, layer, point, tensors, count)
  const rowOf = (array: Float32Array): Float32Array => array.subarray((array.length / count) * position)
  const expected = rowOf(expectedAll)
  const found = rowOf(tensors.get(point) as Float32Array)

  const files = new Map<string, Uint8Array | string>()
  const inputs = OPERATION_INPUTS[point].map((name, index) => {
    const whole = tensors.get(name) as Float32Array
    const isContext = point === 'attn_context' && index > 0
    const array = isContext ? whole : rowOf(whole)
    const file = `input-${index}-${name}.npy`
    files.set(file, npyFile(array, isContext ? [count, whole.length / count] : [1, array.length]))
    return { name, file }
  })
  const weights = test.model.runnable?.weights.layers[layer]
  const add = (file: string, weight: WeightReference | undefined): boolean => {
    if (weight !== undefined) files.set(file, npyOfWeight(test.model, weight, test.config.headDim))
    return weight !== undefined
  }
  const role = WEIGHT_OF[point]
  const hasWeight = role !== undefined && add('weight.npy', weights?.[role])
  const hasBias = add(
    'bias.npy',
    point === 'q' ? weights?.qBias : point === 'k' ? weights?.kBias : point === 'v' ? weights?.vBias : undefined
  )
  const hasHeadNorm = add('head_norm.npy', point === 'q' ? weights?.qNorm : point === 'k' ? weights?.kNorm : undefined)
  files.set('expected.npy', npyFile(expected, [1, expected.length]))
  files.set('found.npy', npyFile(found, [1, found.length]))
  files.set('check.mjs', REPRO_CHECK_SOURCE)
  files.set(
    'repro.json',
    `${JSON.stringify(describe({ reference, test, request, inputs, hasWeight, hasBias, hasHeadNorm, expected, found }), null, 2)}\n`
  )
  writeFolder(folder, files)
}

interface Description {
  readonly reference: Session
  readonly test: Session
  readonly request: ReproRequest
  readonly inputs: readonly { readonly name: string; readonly file: string }[]
  readonly hasWeight: boolean
  readonly hasBias: boolean
  readonly hasHeadNorm: boolean
  readonly expected: Float32Array
  readonly found: Float32Array
}

function describe({ reference, test, request, inputs, hasWeight, hasBias, hasHeadNorm, expected, found }: Description): unknown {
  const { config } = test
  const error = tensorError(expected, found)
  const element = error.firstMismatchIndex >= 0 ? error.firstMismatchIndex : error.worstIndex
  return {
    format: 'greta-operation-repro',
    version: 1,
    model: {
      name: config.name,
      rmsNormEpsilon: config.rmsNormEpsilon,
      headCount: config.headCount,
      kvHeadCount: config.kvHeadCount,
      headDim: config.headDim,
      attentionScale: config.attentionScale,
      ropeDims: config.ropeDims,
      pairing: config.ropePairing,
      magnitude: config.ropeMagnitude,
      inverseFrequencies: [...config.ropeInverseFrequencies]
    },
    layer: request.layer,
    point: request.point,
    operation: OPERATION_NAMES[request.point],
    position: request.position,
    tokens: 1,
    limit: request.limit,
    kvType: test.options.kvType,
    reference: `${reference.backend.name}: ${reference.backend.description}`,
    test: `${test.backend.name}: ${test.backend.description}`,
    sentence: element < 0 ? 'no difference' : `worst element ${element}: expected ${expected[element]}, found ${String(found[element])}`,
    inputs,
    weight: hasWeight,
    bias: hasBias,
    headNorm: hasHeadNorm
  }
}

function npyFile(array: Float32Array, shape: readonly number[]): Uint8Array {
  const header = npyHeader('<f4', shape)
  const file = new Uint8Array(header.length + array.byteLength)
  file.set(header)
  file.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), header.length)
  return file
}

/** The exact f32 values of a weight, rows in logical order. */
function npyOfWeight(model: OpenedModel, { tensor, rowOrder }: WeightReference, headDim: number): Uint8Array {
  const cols = tensor.shape.at(-1) ?? 1
  const rows = tensor.shape.length === 1 ? 1 : (tensor.shape[0] ?? 1)
  if (rows * cols * 4 > WEIGHT_BYTES)
    throw new GretaError('out-of-range', `${tensor.name} has ${rows} × ${cols} weights; a repro carries at most ${WEIGHT_BYTES / 4}.`)
  const stored = dequantise(tensor.type, weightBytesOf(model, tensor), rows, cols)
  if (rowOrder === 'as-stored') return npyFile(stored, tensor.shape.length === 1 ? [cols] : [rows, cols])
  const logical = new Float32Array(stored.length)
  for (let row = 0; row < rows; row += 1) {
    const within = row % headDim
    const from = row - within + Math.floor(within / 2) + (within % 2) * (headDim / 2)
    logical.set(stored.subarray(from * cols, (from + 1) * cols), row * cols)
  }
  return npyFile(logical, [rows, cols])
}

function writeFolder(folder: string, files: ReadonlyMap<string, Uint8Array | string>): void {
  let temporary: string | undefined
  let made: readonly string[] = []
  try {
    made = makeFolder(dirname(folder))
    temporary = mkdtempSync(join(dirname(folder), '.repro-'))
    for (const [name, content] of files) writeFileSync(join(temporary, name), content)
    renameSync(temporary, folder)
  } catch (thrown) {
    if (temporary !== undefined) removeQuietly(temporary)
    for (const above of made.toReversed()) rmdirSync(above)
    throw new GretaError('io', `The repro could not be written to ${folder}: ${systemReason(thrown)}.`, 'Choose another folder.')
  }
}
