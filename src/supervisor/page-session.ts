import type { GretaErrorData } from '../shared/errors'
import type { Result } from '../shared/result'
import { failure } from '../shared/result'
import {
  alignedBytes,
  type Answer,
  type Capability,
  destinationOf,
  encodeEvent,
  encodeResponse,
  isMethodName,
  LIMITS,
  type Message,
  type MethodName,
  PROTOCOL_VERSION,
  parseParams,
  parseRequest,
  unknownMethod,
  type ValidParams
} from '../shared/protocol'
import type { Supervisor } from './supervisor'

type AppMethod = Extract<MethodName, `app.${string}`>
/** What this kind of workbench can do beyond the engine. A method that is absent is answered `unsupported`. */
export type AppServices = {
  readonly [M in Exclude<AppMethod, 'app.hello' | 'app.restartEngine'>]?: (params: ValidParams<M>) => Promise<Result<Answer<M>>>
}

export interface WorkbenchFacts {
  readonly kind: 'desktop' | 'serve'
  readonly appVersion: string
  readonly capabilities: readonly Capability[]
  /** Taken by the first page that says hello. */
  readonly takeOpenPaths: () => readonly string[]
}

/** Requests that may wait for an engine that starts. */
const HELD_MESSAGES = 200

/**
 * One page: answers `app.*`, relays the rest to the engine host, and tells the page what becomes of the engine. Every
 * message is validated here before anything else sees it; the host validates parameters again, by method.
 */
export class PageSession {
  private readonly page: ReturnType<Supervisor['openPage']> | undefined
  private readonly stopStatus: () => void
  /** Requests that came while the engine starts; it gets them when it is ready. */
  private held: Message[] = []

  constructor(
    private readonly supervisor: Supervisor,
    private readonly facts: WorkbenchFacts,
    private readonly services: AppServices,
    private readonly deliver: (message: Message) => void,
    /** False where pages have a port of their own to the engine (Electron): nothing for it should come this way. */
    options: { readonly relaysEngine: boolean } = { relaysEngine: true }
  ) {
    this.page = options.relaysEngine ? supervisor.openPage(deliver) : undefined
    this.stopStatus = supervisor.onStatus((status) => {
      deliver(encodeEvent('engine.status', status))
      const held = this.held.splice(0)
      if (status.state === 'ready') for (const message of held) this.page?.send(message)
      else if (status.state !== 'crashed' && status.state !== 'stopped') this.held = held
    })
  }

  receive(message: unknown): void {
    if (message instanceof ArrayBuffer || ArrayBuffer.isView(message)) {
      if (message.byteLength <= LIMITS.inboundBinaryBytes) this.page?.send(alignedBytes(message))
      return
    }
    if (typeof message !== 'string') return
    const request = parseRequest(message)
    if (!request.ok) return this.deliver(encodeEvent('app.refused', request.error))
    const { id, method, params } = request.value
    if (!isMethodName(method)) return this.answer(id, failure(unknownMethod(method)))
    if (destinationOf(method) === 'engine') {
      const { state } = this.supervisor.status
      if (this.page === undefined) this.answer(id, failure({ code: 'internal', message: `${method} came by the control port.` }))
      else if (state === 'ready') this.page.send(message)
      else if ((state === 'starting' || state === 'restarting') && this.held.length < HELD_MESSAGES) this.held.push(message)
      else this.answer(id, failure(this.engineIsDown()))
      return
    }
    void this.answerApp(method as AppMethod, params).then(
      (result) => this.answer(id, result),
      (thrown: unknown) => this.answer(id, failure({ code: 'internal', message: `${method} failed: ${String(thrown)}` }))
    )
  }

  close(): void {
    this.stopStatus()
    this.page?.close()
  }

  private answer(id: number, result: Result<unknown>): void {
    this.deliver(encodeResponse(id, result))
  }

  private engineIsDown(): GretaErrorData {
    const { state, message } = this.supervisor.status
    if (state === 'starting' || state === 'restarting')
      return { code: 'busy', message: `The engine is still starting, and ${HELD_MESSAGES} requests wait for it.` }
    return { code: 'engine-exit', message: message ?? 'The engine is not running.', hint: 'Restart the engine.' }
  }

  private async answerApp(method: AppMethod, raw: unknown): Promise<Result<unknown>> {
    const params = parseParams(method, raw)
    if (!params.ok) return params
    if (method === 'app.hello') return this.welcome((params.value as ValidParams<'app.hello'>).protocolVersion)
    if (method === 'app.restartEngine') {
      this.supervisor.restart()
      return { ok: true, value: {} }
    }
    const service = this.services[method] as ((params: unknown) => Promise<Result<unknown>>) | undefined
    if (service === undefined)
      return failure({ code: 'unsupported', message: `${method} is not available in this kind of workbench (${this.facts.kind}).` })
    return service(params.value)
  }

  private welcome(protocolVersion: number): Result<Answer<'app.hello'>> {
    if (protocolVersion !== PROTOCOL_VERSION)
      return failure({
        code: 'unsupported',
        message: `The page speaks protocol version ${protocolVersion}; this workbench speaks ${PROTOCOL_VERSION}.`,
        hint: 'Reload the page, or update the older of the two.'
      })
    const { kind, appVersion, capabilities, takeOpenPaths } = this.facts
    return {
      ok: true,
      value: {
        protocolVersion: PROTOCOL_VERSION,
        appVersion,
        kind,
        capabilities,
        engine: this.supervisor.status,
        openPaths: takeOpenPaths()
      }
    }
  }
}
