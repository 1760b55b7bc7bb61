import * as v from 'valibot'
import type { GretaErrorData } from '../errors'
import { failure, type Result, success } from '../result'
import { ARRAY_TYPES, decodeDataFrame } from './data-frame'
import { describeIssues, encodeRequest, parseReply } from './envelope'
import { type EventData, EVENTS, type EventName, isEventName } from './events'
import { alignedBytes, FRAME_KIND, readFrameHeader } from './frame-header'
import { LIMITS } from './limits'
import { type Answer, destinationOf, METHODS, type MethodName, type Params } from './methods'
import { decodeTokenFrame, type TokenFrame } from './token-frame'
import type { Message, Transport } from './transport'
import { sendFile, type UploadOptions, type UploadSource } from './upload'

/** The workbench as a page (or a test) sees it. */
export interface Client {
  /** Never rejects. Fails with `engine-exit` when the engine host dies, with `io` when the connection is gone. */
  call<M extends MethodName>(name: M, params: Params<M>): Promise<Result<Answer<M>>>
  /** Listens to an event; the returned function stops it. */
  on<E extends EventName>(event: E, listener: (data: EventData<E>) => void): () => void
  /** Token frames of one run, or of every run with handle 'all'. */
  onFrame(handle: number | 'all', listener: (frame: TokenFrame) => void): () => void
  /** Sends a file in chunks (see files.uploadBegin); gives its path on the engine's machine. */
  upload(name: string, file: UploadSource, options?: UploadOptions): Promise<Result<{ readonly path: string }>>
  onClose(listener: (reason: string) => void): () => void
  /** Messages that were not what the protocol says: a bug or an old peer. */
  onProtocolError(listener: (error: GretaErrorData) => void): () => void
  close(): void
}

interface Pending {
  readonly method: MethodName
  readonly settle: (result: Result<unknown>) => void
  arrays: Readonly<Record<string, ArrayBufferView>> | undefined
}

class Listeners<T> {
  private readonly all = new Set<(value: T) => void>()
  add(listener: (value: T) => void): () => void {
    this.all.add(listener)
    return () => this.all.delete(listener)
  }
  tell(value: T): void {
    for (const listener of this.all) listener(value)
  }
}

export function createClient(transport: Transport): Client {
  const pending = new Map<number, Pending>()
  const eventListeners = new Map<EventName, Listeners<never>>()
  const frameListeners = new Map<number | 'all', Listeners<TokenFrame>>()
  const closeListeners = new Listeners<string>()
  const problemListeners = new Listeners<GretaErrorData>()
  let nextId = 1
  let closedBecause: string | undefined
  /** Why the engine cannot be asked now; undefined while it runs or starts (requests then wait for it). */
  let engineDown: GretaErrorData | undefined

  const problem = (error: GretaErrorData): void => problemListeners.tell(error)
  const failPending = (error: GretaErrorData, which: (method: MethodName) => boolean): void => {
    for (const [id, request] of pending)
      if (which(request.method)) {
        pending.delete(id)
        request.settle(failure(error))
      }
  }

  const receiveBytes = (message: Uint8Array<ArrayBuffer>): void => {
    if (message.byteLength > LIMITS.outboundBinaryBytes)
      return problem({ code: 'out-of-range', message: `A frame of ${message.byteLength} bytes was refused.` })
    try {
      const bytes = alignedBytes(message)
      const header = readFrameHeader(bytes)
      if (header.kind === FRAME_KIND.tokens) {
        const frame = decodeTokenFrame(bytes, header)
        frameListeners.get(frame.handle)?.tell(frame)
        frameListeners.get('all')?.tell(frame)
      } else if (header.kind === FRAME_KIND.data) {
        const frame = decodeDataFrame(bytes, header)
        const request = pending.get(frame.requestId)
        if (request !== undefined) request.arrays = frame.arrays
      }
    } catch (thrown) {
      problem({ code: 'format', message: `A frame was refused: ${thrown instanceof Error ? thrown.message : String(thrown)}` })
    }
  }

  const receiveEvent = (name: string, data: unknown): void => {
    if (!isEventName(name)) return // a newer host may say more
    const parsed = v.safeParse(EVENTS[name] as v.GenericSchema, data)
    if (!parsed.success) return problem(describeIssues(`event ${name}`, parsed.issues))
    if (name === 'engine.status') {
      const status = parsed.output as EventData<'engine.status'>
      const reason: GretaErrorData = { code: 'engine-exit', message: status.message ?? 'The engine process ended.' }
      engineDown = status.state === 'crashed' || status.state === 'stopped' ? reason : undefined
      if (status.state !== 'ready' && status.state !== 'starting') failPending(reason, (method) => destinationOf(method) === 'engine')
    }
    ;(eventListeners.get(name) as Listeners<unknown> | undefined)?.tell(parsed.output)
  }

  const receiveText = (text: string): void => {
    const reply = parseReply(text)
    if (!reply.ok) return problem(reply.error)
    if (reply.value.kind === 'event') return receiveEvent(reply.value.event, reply.value.data)
    const { id, result } = reply.value
    const request = pending.get(id)
    if (request === undefined) return
    pending.delete(id)
    request.settle(result.ok ? checkAnswer(request, result.value) : failure(result.error))
  }

  transport.onMessage((message: Message) => (typeof message === 'string' ? receiveText(message) : receiveBytes(message)))
  transport.onClose((reason) => {
    closedBecause = reason
    failPending({ code: 'io', message: reason }, () => true)
    closeListeners.tell(reason)
  })

  const call = <M extends MethodName>(name: M, params: Params<M>): Promise<Result<Answer<M>>> =>
    new Promise((settle) => {
      if (closedBecause !== undefined) return settle(failure({ code: 'io', message: closedBecause }))
      if (engineDown !== undefined && destinationOf(name) === 'engine') return settle(failure(engineDown))
      const id = nextId++
      const message = encodeRequest(id, name, params)
      if (message.length > LIMITS.inboundTextBytes)
        return settle(
          failure({
            code: 'out-of-range',
            message: `The request is ${message.length} characters long; at most ${LIMITS.inboundTextBytes} are accepted.`
          })
        )
      pending.set(id, { method: name, settle: settle as (result: Result<unknown>) => void, arrays: undefined })
      transport.send(message, destinationOf(name))
    })

  return {
    call,
    on(event, listener) {
      const listeners = eventListeners.get(event) ?? new Listeners<never>()
      eventListeners.set(event, listeners)
      return listeners.add(listener as (value: never) => void)
    },
    onFrame(handle, listener) {
      const listeners = frameListeners.get(handle) ?? new Listeners<TokenFrame>()
      frameListeners.set(handle, listeners)
      return listeners.add(listener)
    },
    upload: (name, file, options) => sendFile({ call, send: (message) => transport.send(message, 'engine') }, name, file, options),
    onClose: (listener) => closeListeners.add(listener),
    onProtocolError: (listener) => problemListeners.add(listener),
    close: () => transport.close()
  }
}

function checkAnswer(request: Pending, value: unknown): Result<unknown> {
  const { result, arrays } = METHODS[request.method]
  const parsed = v.safeParse(result as v.GenericSchema, value)
  if (!parsed.success) return failure({ ...describeIssues(`The answer to ${request.method}`, parsed.issues), code: 'internal' })
  const expected = Object.entries(arrays as Readonly<Record<string, keyof typeof ARRAY_TYPES>>)
  if (expected.length === 0) return success(parsed.output)
  for (const [name, type] of expected)
    if (!(request.arrays?.[name] instanceof ARRAY_TYPES[type]))
      return failure({ code: 'internal', message: `The answer to ${request.method} came without its array "${name}".` })
  return success({ ...(parsed.output as object), arrays: request.arrays })
}
