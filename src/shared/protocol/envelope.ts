import * as v from 'valibot'
import type { GretaErrorData } from '../errors'
import { type Result, failure, success } from '../result'
import { LIMITS } from './limits'
import { isMethodName, METHODS, type MethodName } from './methods'
import { errorSchema } from './schemas'

const requestId = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(0xffff_ffff))

export const requestSchema = v.object({
  kind: v.literal('request'),
  id: requestId,
  method: v.pipe(v.string(), v.maxLength(60)),
  params: v.unknown()
})
export interface RequestMessage {
  readonly kind: 'request'
  readonly id: number
  readonly method: string
  readonly params: unknown
}

const resultSchema = v.variant('ok', [
  v.object({ ok: v.literal(true), value: v.unknown() }),
  v.object({ ok: v.literal(false), error: errorSchema })
])
export const replySchema = v.variant('kind', [
  v.object({ kind: v.literal('response'), id: requestId, result: resultSchema }),
  v.object({ kind: v.literal('event'), event: v.pipe(v.string(), v.maxLength(60)), data: v.unknown() })
])
export type ReplyMessage = v.InferOutput<typeof replySchema>

const tooLong = (bytes: number, bound: number): GretaErrorData => ({
  code: 'out-of-range',
  message: `The message has ${bytes} characters; at most ${bound} are accepted.`
})

function parse(text: string, bound: number): Result<unknown> {
  if (text.length > bound) return failure(tooLong(text.length, bound))
  try {
    return success(JSON.parse(text) as unknown)
  } catch {
    return failure({ code: 'format', message: 'The message is not JSON.' })
  }
}

/** Valibot's issues as one sentence that names the field. */
export function describeIssues(what: string, issues: readonly v.BaseIssue<unknown>[]): GretaErrorData {
  const [issue] = issues
  const where = issue === undefined ? null : v.getDotPath(issue as v.GenericIssue)
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
  return { code: 'usage', message: `${what}: ${where ? `${where}: ` : ''}${issue?.message ?? 'not valid'}${more}` }
}

/** A request as it arrives at a host or supervisor. Its params are validated by parseParams, by whoever answers it. */
export function parseRequest(text: string): Result<RequestMessage> {
  const json = parse(text, LIMITS.inboundTextBytes)
  if (!json.ok) return json
  const parsed = v.safeParse(requestSchema, json.value)
  return parsed.success ? success(parsed.output) : failure(describeIssues('The message is no request', parsed.issues))
}

export function parseParams<M extends MethodName>(name: M, params: unknown): Result<v.InferOutput<(typeof METHODS)[M]['params']>> {
  const parsed = v.safeParse(METHODS[name].params as v.GenericSchema, params)
  if (!parsed.success) return failure(describeIssues(`${name} was asked wrongly`, parsed.issues))
  return success(parsed.output as v.InferOutput<(typeof METHODS)[M]['params']>)
}

export function parseReply(text: string): Result<ReplyMessage> {
  const json = parse(text, LIMITS.outboundTextBytes)
  if (!json.ok) return json
  const parsed = v.safeParse(replySchema, json.value)
  return parsed.success ? success(parsed.output) : failure(describeIssues('The message is no reply', parsed.issues))
}

export const unknownMethod = (name: string): GretaErrorData => ({
  code: 'unsupported',
  message: `There is no method "${name.slice(0, 60)}" in this version of the workbench.`
})

export const encodeRequest = (id: number, name: MethodName, params: unknown): string =>
  JSON.stringify({ kind: 'request', id, method: name, params } satisfies RequestMessage)
export const encodeResponse = (id: number, result: Result<unknown>): string => JSON.stringify({ kind: 'response', id, result })
export const encodeEvent = (event: string, data: unknown): string => JSON.stringify({ kind: 'event', event, data })
export { isMethodName }
