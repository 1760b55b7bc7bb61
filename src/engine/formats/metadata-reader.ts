import { GretaError } from '../../shared/errors'
import type { MetadataValue } from '../../shared/model/description'

/** A value as it goes into an error message: short, whatever it is. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value)
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (value === null) return 'null'
  const length = (value as { length?: number }).length
  return length === undefined ? 'an object' : `an array of ${length}`
}

export interface NumberBounds {
  readonly least: number
  readonly most: number
}

/** Typed reads of key-values (GGUF metadata or flattened JSON). Every failure names file, key, expectation and value. */
export class MetadataReader {
  constructor(
    readonly sourceName: string,
    readonly values: ReadonlyMap<string, MetadataValue>
  ) {}

  has(key: string): boolean {
    return this.values.has(key)
  }

  fail(key: string, expected: string): GretaError {
    const value = this.values.get(key)
    const found = value === undefined ? 'is missing' : `is ${describeValue(value)}`
    return new GretaError(
      'format',
      `${this.sourceName}: ${key} ${found}; expected ${expected}.`,
      'The file is damaged or was converted wrongly.'
    )
  }

  optionalInteger(key: string, bounds: NumberBounds): number | undefined {
    const value = this.values.get(key)
    if (value === undefined) return undefined
    if (typeof value !== 'number' || !Number.isInteger(value) || value < bounds.least || value > bounds.most) {
      throw this.fail(key, `a whole number from ${bounds.least} to ${bounds.most}`)
    }
    return value
  }

  integer(key: string, bounds: NumberBounds): number {
    const value = this.optionalInteger(key, bounds)
    if (value === undefined) throw this.fail(key, `a whole number from ${bounds.least} to ${bounds.most}`)
    return value
  }

  /** As integer, but an array of equal values (one a layer) is read as that value. `unequal` makes the error for others. */
  optionalUniformInteger(key: string, bounds: NumberBounds): number | undefined {
    const value = this.values.get(key)
    if (value === undefined || typeof value === 'number') return this.optionalInteger(key, bounds)
    const list = numberList(value)
    const first = list?.[0]
    if (list === undefined || first === undefined || !Number.isInteger(first) || first < bounds.least || first > bounds.most) {
      throw this.fail(key, `a whole number from ${bounds.least} to ${bounds.most}`)
    }
    if (list.some((entry) => entry !== first)) {
      throw new GretaError(
        'unsupported',
        `${this.sourceName}: ${key} differs between layers; this engine runs models with one value for all.`
      )
    }
    return first
  }

  /** A finite number inside the bounds. */
  optionalNumber(key: string, bounds: NumberBounds): number | undefined {
    const value = this.values.get(key)
    if (value === undefined) return undefined
    if (typeof value !== 'number' || !(value >= bounds.least && value <= bounds.most)) {
      throw this.fail(key, `a number from ${bounds.least} to ${bounds.most}`)
    }
    return value
  }

  number(key: string, bounds: NumberBounds): number {
    const value = this.optionalNumber(key, bounds)
    if (value === undefined) throw this.fail(key, `a number from ${bounds.least} to ${bounds.most}`)
    return value
  }

  optionalText(key: string): string | undefined {
    const value = this.values.get(key)
    if (value === undefined) return undefined
    if (typeof value !== 'string') throw this.fail(key, 'text')
    return value
  }

  optionalFlag(key: string): boolean | undefined {
    const value = this.values.get(key)
    if (value === undefined) return undefined
    if (typeof value !== 'boolean') throw this.fail(key, 'true or false')
    return value
  }

  optionalTexts(key: string): readonly string[] | undefined {
    const value = this.values.get(key)
    if (value === undefined) return undefined
    if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) throw this.fail(key, 'an array of text')
    return value as readonly string[]
  }

  optionalNumbers(key: string): ArrayLike<number> | undefined {
    const value = this.values.get(key)
    if (value === undefined) return undefined
    const list = numberList(value)
    if (list === undefined) throw this.fail(key, 'an array of numbers')
    return list
  }
}

function numberList(value: MetadataValue): readonly number[] | undefined {
  if (value instanceof Float32Array || value instanceof Float64Array || value instanceof Int32Array || value instanceof Uint8Array) {
    return value as unknown as readonly number[]
  }
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'number')) return value as readonly number[]
  return undefined
}
