import { type GretaErrorData, toErrorData } from '../shared/errors'
import { failure, type Result, success } from '../shared/result'
import {
  type Answer,
  encodeDataFrame,
  encodeEvent,
  encodeResponse,
  FRAME_HEADER_BYTES,
  FRAME_KIND,
  isMethodName,
  LIMITS,
  type Message,
  type MethodName,
  METHODS,
  parseParams,
  parseRequest,
  readFrameHeader,
  unknownMethod,
  type ValidParams
} from '../shared/protocol'

export type EngineMethod = Exclude<MethodName, `app.${string}`>
/** What a handler may know of who asks. */
export interface Asker {
  /** Sends a frame to this page alone. */
  readonly send: (message: Message) => void
}
/** Answers methods; throws GretaError for what goes wrong. */
export type Handlers = {
  readonly [M in EngineMethod]: (params: ValidParams<M>, asker: Asker) => Promise<Answer<M>> | Answer<M>
}

/** One page, from the engine host's side: validates what comes, calls handlers, sends what they give. */
export class PageConnection {
  constructor(
    private readonly handlers: Handlers,
    private readonly onUpload: (upload: number, sequence: number, chunk: Uint8Array) => void,
    readonly send: (message: Message) => void,
    private readonly log: (message: string) => void
  ) {}

  receive(message: Message): void {
    if (typeof message !== 'string') return this.receiveFrame(message)
    const request = parseRequest(message)
    if (!request.ok) return this.send(encodeEvent('app.refused', request.error))
    const { id, method, params } = request.value
    if (!isMethodName(method) || method.startsWith('app.')) return this.send(encodeResponse(id, failure(unknownMethod(method))))
    void this.answer(id, method as EngineMethod, params)
  }

  private async answer(id: number, method: EngineMethod, raw: unknown): Promise<void> {
    const result = await this.result(method, raw)
    if (!result.ok) return this.send(encodeResponse(id, result))
    if (Object.keys(METHODS[method].arrays).length === 0) return this.sendResponse(id, method, result.value)
    const { arrays, ...json } = result.value as { readonly arrays: Readonly<Record<string, ArrayBufferView>> }
    const frame = encodeDataFrame(id, arrays)
    if (frame.byteLength > LIMITS.outboundBinaryBytes)
      return this.send(encodeResponse(id, failure(tooLarge(method, frame.byteLength, LIMITS.outboundBinaryBytes))))
    this.send(frame)
    this.sendResponse(id, method, json)
  }

  private sendResponse(id: number, method: string, value: unknown): void {
    const text = encodeResponse(id, success(value))
    const fits = text.length <= LIMITS.outboundTextBytes
    this.send(fits ? text : encodeResponse(id, failure(tooLarge(method, text.length, LIMITS.outboundTextBytes))))
  }

  private async result(method: EngineMethod, raw: unknown): Promise<Result<unknown>> {
    const params = parseParams(method, raw)
    if (!params.ok) return params
    try {
      const handler = this.handlers[method] as (params: unknown, asker: Asker) => unknown
      return success(await handler(params.value, { send: this.send }))
    } catch (thrown) {
      const error = toErrorData(thrown)
      if (error.code === 'internal') this.log(`${method}: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`)
      return failure(error)
    }
  }

  private receiveFrame(message: Uint8Array): void {
    try {
      const header = readFrameHeader(message)
      if (header.kind === FRAME_KIND.upload) this.onUpload(header.handle, header.sequence, message.subarray(FRAME_HEADER_BYTES))
    } catch (thrown) {
      this.send(encodeEvent('app.refused', { code: 'format', message: `A frame was refused: ${(thrown as Error).message}` }))
    }
  }
}

const tooLarge = (method: string, size: number, bound: number): GretaErrorData => ({
  code: 'out-of-range',
  message: `The answer to ${method} has ${size} bytes; at most ${bound} are sent in one message.`
})
