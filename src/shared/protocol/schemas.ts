import * as v from 'valibot'
import { LIMITS } from './limits'

/** Small schemas that every message is made of. Numbers are finite here; where NaN or infinity can appear, frames carry them. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
export const finite = v.pipe(v.number(), v.finite())
export const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1))
export const tokenIdSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(0x7fff_ffff))
export const pathSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(LIMITS.pathCharacters))
/** A run's name on disk and in messages: never a path. */
export const runIdSchema = v.pipe(v.string(), v.regex(/^[0-9a-zA-Z][0-9a-zA-Z_-]{0,63}$/, 'expected a run id: letters, digits, - and _'))

/** A number that may be NaN or infinite, as text where JSON has no word for it. */
export const anyNumber = v.union([v.number(), v.picklist(['NaN', 'Infinity', '-Infinity'])])
export const toAnyNumber = (value: number): number | 'NaN' | 'Infinity' | '-Infinity' =>
  Number.isFinite(value) ? value : Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
export const fromAnyNumber = (value: v.InferOutput<typeof anyNumber>): number => Number(value)

export const errorCodeSchema = v.picklist([
  'usage',
  'not-found',
  'format',
  'unsupported',
  'out-of-range',
  'out-of-memory',
  'io',
  'cancelled',
  'busy',
  'device',
  'engine-exit',
  'internal'
])
export const errorSchema = v.object({ code: errorCodeSchema, message: v.string(), hint: v.exactOptional(v.string()) })
export const empty = v.object({})

/** What a schema yields, with every field readonly all the way down. */
export type Value<S extends v.GenericSchema> = DeepReadonly<v.InferOutput<S>>
export type Input<S extends v.GenericSchema> = DeepReadonly<v.InferInput<S>>
export type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T
