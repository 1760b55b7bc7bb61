import type { GretaErrorData } from './errors'

/** A success or an error as data: what crosses processes and what a caller must look at before using the value. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: GretaErrorData }

export const success = <T>(value: T): Result<T> => ({ ok: true, value })
export const failure = (error: GretaErrorData): Result<never> => ({ ok: false, error })

/** The compiler proves that a union was handled whole; at run time it names what slipped through. */
export function assertNever(value: never, what: string): never {
  throw new Error(`${what}: unexpected value ${JSON.stringify(value)}`)
}
