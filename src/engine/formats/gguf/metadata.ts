import type { MetadataValue } from '../../../shared/model/description'
import { LIMITS } from '../limits'
import type { GgufCursor } from './cursor'
import { type GgufScalarType, type ValueTypeFacts, valueTypeById } from './value-types'

/** The key-values of a GGUF header, in file order. Duplicate keys, nested arrays and unknown types are refused. */
export function readMetadata(cursor: GgufCursor, count: number): Map<string, MetadataValue> {
  const metadata = new Map<string, MetadataValue>()
  const budget: ElementBudget = { left: LIMITS.arrayElements }
  for (let index = 0; index < count; index += 1) {
    const key = cursor.string(`the key of metadata entry ${index}`, LIMITS.keyBytes)
    if (key.length === 0) throw cursor.formatError(`metadata entry ${index} has an empty key.`)
    if (metadata.has(key)) throw cursor.formatError(`metadata key ${quote(key)} appears twice.`)
    metadata.set(key, readValue(cursor, key, budget))
  }
  return metadata
}

/** What arrays may still hold: many large ones together would take as much memory and time as one too large. */
interface ElementBudget {
  left: number
}

const quote = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text)

function readType(cursor: GgufCursor, what: string): ValueTypeFacts {
  const at = cursor.position
  const id = cursor.u32(`the type of ${what}`)
  const facts = valueTypeById(id)
  if (facts === undefined) throw cursor.formatError(`${what} has unknown value type ${id} at byte ${at}; GGUF has 0 to 12.`)
  return facts
}

function readValue(cursor: GgufCursor, key: string, budget: ElementBudget): MetadataValue {
  const what = `the value of ${quote(key)}`
  const type = readType(cursor, what)
  if (type.name === 'string') return cursor.string(what, LIMITS.stringBytes)
  if (type.name === 'array') return readArray(cursor, key, budget)
  return readScalar(cursor, type.name, type.bytes, what)
}

function readScalar(cursor: GgufCursor, type: GgufScalarType, bytes: number, what: string): number | bigint | boolean {
  const at = cursor.position
  const value = DECODE[type](cursor.take(bytes, what), 0)
  if (type !== 'bool') return value
  if (value !== 0 && value !== 1) throw cursor.formatError(`${what} at byte ${at} is a bool of ${value}; only 0 and 1 are allowed.`)
  return value === 1
}

/** 64-bit integers that a double holds exactly become numbers, others stay bigint. `high` is signed for i64. */
const combine = (high: number, low: number): number | undefined => (high >= -(2 ** 21) && high < 2 ** 21 ? high * 2 ** 32 + low : undefined)

const DECODE: Readonly<Record<GgufScalarType, (view: Buffer, offset: number) => number | bigint>> = {
  u8: (view, offset) => view.readUInt8(offset),
  i8: (view, offset) => view.readInt8(offset),
  u16: (view, offset) => view.readUInt16LE(offset),
  i16: (view, offset) => view.readInt16LE(offset),
  u32: (view, offset) => view.readUInt32LE(offset),
  i32: (view, offset) => view.readInt32LE(offset),
  f32: (view, offset) => view.readFloatLE(offset),
  bool: (view, offset) => view.readUInt8(offset),
  u64: (view, offset) => combine(view.readUInt32LE(offset + 4), view.readUInt32LE(offset)) ?? view.readBigUInt64LE(offset),
  i64: (view, offset) => combine(view.readInt32LE(offset + 4), view.readUInt32LE(offset)) ?? view.readBigInt64LE(offset),
  f64: (view, offset) => view.readDoubleLE(offset)
}

function readArray(cursor: GgufCursor, key: string, budget: ElementBudget): MetadataValue {
  const what = `the array ${quote(key)}`
  const type = readType(cursor, `the elements of ${what}`)
  if (type.name === 'array') throw cursor.formatError(`${what} holds arrays; nested arrays are not read.`)
  const count = cursor.count(`elements of ${what}`, type.bytes, budget.left)
  budget.left -= count
  if (type.name === 'string') {
    const element = `an element of ${what}`
    const texts: string[] = []
    for (let index = 0; index < count; index += 1) texts.push(cursor.string(element, LIMITS.stringBytes))
    return texts
  }
  const at = cursor.position
  const view = cursor.take(count * type.bytes, what)
  return decodeArray(cursor, type.name, type.bytes, view, count, `${what} at byte ${at}`)
}

type TypedArray = Uint8Array | Int32Array | Float32Array | Float64Array

/** The typed array that holds every value of an element type; absent for those that become ordinary arrays. */
const ARRAY_OF: Readonly<Partial<Record<GgufScalarType, (length: number) => TypedArray>>> = {
  u8: (length) => new Uint8Array(length),
  i8: (length) => new Int32Array(length),
  u16: (length) => new Int32Array(length),
  i16: (length) => new Int32Array(length),
  i32: (length) => new Int32Array(length),
  f32: (length) => new Float32Array(length),
  u32: (length) => new Float64Array(length),
  f64: (length) => new Float64Array(length)
}

function decodeArray(cursor: GgufCursor, type: GgufScalarType, bytes: number, view: Buffer, count: number, what: string): MetadataValue {
  const decode = DECODE[type]
  const array = ARRAY_OF[type]?.(count)
  if (array !== undefined) {
    for (let index = 0; index < count; index += 1) array[index] = decode(view, index * bytes) as number
    return array as MetadataValue
  }
  const values = Array.from({ length: count }, (_, index) => decode(view, index * bytes))
  if (type !== 'bool') return values
  return values.map((value) => {
    if (value !== 0 && value !== 1) throw cursor.formatError(`${what} holds a bool of ${value}; only 0 and 1 are allowed.`)
    return value === 1
  })
}
