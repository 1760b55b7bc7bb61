import { GretaError } from '../../../shared/errors'
import type { TensorInfo } from '../../../shared/model/description'
import { dtypeById } from '../../../shared/model/dtype'
import { LIMITS } from '../limits'
import { checkNoOverlap, checkedProduct, tensorSizeBytes } from '../tensor-sizes'
import type { GgufCursor } from './cursor'
import { FOREIGN_TENSOR_TYPES } from './value-types'

/** A tensor record as it stands in the header: the offset still counts from the start of the data section. */
interface TensorRecord {
  readonly name: string
  readonly shape: readonly number[]
  readonly typeId: number
  readonly dataOffset: bigint
}

/** Bytes of the smallest record: a one-byte name, one dimension. */
export const LEAST_TENSOR_RECORD_BYTES = 8 + 1 + 4 + 8 + 4 + 8

/** Reads the tensor table at the cursor and checks every tensor against the file. `file` is its index in OpenedModel.files. */
export function readTensorTable(cursor: GgufCursor, count: number, alignment: number, file: number): readonly TensorInfo[] {
  const names = new Set<string>()
  const records: TensorRecord[] = []
  for (let index = 0; index < count; index += 1) {
    const record = readRecord(cursor, index)
    if (names.has(record.name)) throw cursor.formatError(`two tensors are named ${JSON.stringify(record.name)}.`)
    names.add(record.name)
    records.push(record)
  }
  const dataStart = Math.ceil(cursor.position / alignment) * alignment
  const tensors = records.map((record) => place(cursor, record, dataStart, alignment, file))
  checkNoOverlap(cursor.window.name, tensors)
  return tensors
}

function readRecord(cursor: GgufCursor, index: number): TensorRecord {
  const name = cursor.string(`the name of tensor ${index}`, LIMITS.tensorNameBytes)
  if (name.length === 0) throw cursor.formatError(`tensor ${index} has an empty name.`)
  const what = `tensor ${JSON.stringify(name)}`
  const dimensions = cursor.u32(`the number of dimensions of ${what}`)
  if (dimensions < 1 || dimensions > LIMITS.dimensions) {
    throw cursor.formatError(`${what} claims ${dimensions} dimensions; 1 to ${LIMITS.dimensions} are allowed.`)
  }
  const fastestFirst: number[] = []
  for (let axis = 0; axis < dimensions; axis += 1) {
    const length = cursor.u64(`dimension ${axis} of ${what}`)
    if (length < 1n || length > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw cursor.formatError(`dimension ${axis} of ${what} is ${length}; it must be at least 1 and fit the file.`)
    }
    fastestFirst.push(Number(length))
  }
  const typeId = cursor.u32(`the type of ${what}`)
  const dataOffset = cursor.u64(`the offset of ${what}`)
  return { name, shape: fastestFirst.toReversed(), typeId, dataOffset }
}

function place(cursor: GgufCursor, record: TensorRecord, dataStart: number, alignment: number, file: number): TensorInfo {
  const what = `tensor ${JSON.stringify(record.name)}`
  const facts = dtypeById(record.typeId)
  if (facts === undefined) {
    const known = FOREIGN_TENSOR_TYPES.get(record.typeId)
    if (known === undefined) throw cursor.formatError(`${what} has unknown type ${record.typeId}.`)
    throw new GretaError(
      'unsupported',
      `${cursor.window.name}: ${what} has type ${known}, which this engine does not compute with.`,
      'Use a file of the same model in one of F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 or Q2_K to Q6_K.'
    )
  }
  if (record.dataOffset % BigInt(alignment) !== 0n) {
    throw cursor.formatError(`${what} starts at offset ${record.dataOffset}, which is not a multiple of the alignment ${alignment}.`)
  }
  if (checkedProduct(record.shape) === undefined) throw cursor.formatError(`the size of ${what} [${record.shape.join(', ')}] overflows.`)
  const sizeBytes = tensorSizeBytes(facts, record.shape)
  if (sizeBytes === undefined) {
    throw cursor.formatError(
      `${what} has rows of ${record.shape.at(-1)} weights; ${facts.name} needs a multiple of ${facts.blockWeights}, and a size that fits the file.`
    )
  }
  const available = BigInt(cursor.window.sizeBytes) - BigInt(dataStart)
  if (record.dataOffset + BigInt(sizeBytes) > available) {
    throw cursor.formatError(
      `${what} needs ${sizeBytes} bytes at byte ${BigInt(dataStart) + record.dataOffset}, but the file has only ${cursor.window.sizeBytes}.`
    )
  }
  return { name: record.name, type: facts.name, shape: record.shape, file, offsetBytes: dataStart + Number(record.dataOffset), sizeBytes }
}
