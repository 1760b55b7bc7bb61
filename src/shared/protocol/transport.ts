import type { Destination } from './methods'

export type Message = string | Uint8Array<ArrayBuffer>

/** Carries messages in both directions and knows nothing about them. */
export interface Transport {
  /** `to` matters only where supervisor and engine are reached by different ways (Electron's two ports). */
  send(message: Message, to: Destination): void
  onMessage(listener: (message: Message) => void): void
  /** Called once, when nothing can be sent or received any more. The sentence says why. */
  onClose(listener: (reason: string) => void): void
  close(): void
}

/** The part of a browser's (or ws's) WebSocket that is used. */
export interface WebSocketLike {
  binaryType: string
  readonly readyState: number
  readonly bufferedAmount: number
  send(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void
  addEventListener(type: 'error', listener: () => void): void
}

const OPEN = 1

/** A WebSocket as a transport; sends wait until it is open. One way to supervisor and engine. */
export function createWebSocketTransport(socket: WebSocketLike): Transport {
  socket.binaryType = 'arraybuffer'
  const waiting: Message[] = []
  let failed = false
  socket.addEventListener('open', () => {
    for (const message of waiting.splice(0)) socket.send(message)
  })
  socket.addEventListener('error', () => {
    failed = true
  })
  return {
    send(message) {
      if (socket.readyState === OPEN) socket.send(message)
      else if (socket.readyState < OPEN) waiting.push(message)
    },
    onMessage(listener) {
      socket.addEventListener('message', ({ data }) => {
        if (typeof data === 'string') listener(data)
        else if (data instanceof ArrayBuffer) listener(new Uint8Array(data))
      })
    },
    onClose(listener) {
      let told = false
      socket.addEventListener('close', ({ code, reason }) => {
        if (told) return
        told = true
        listener(reason !== '' ? reason : failed ? 'The workbench cannot be reached.' : `The connection was closed (${code}).`)
      })
    },
    close() {
      socket.close(1000)
    }
  }
}

/** The part of a MessagePort (DOM) that is used. */
export interface MessagePortLike {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: () => void): void
  start(): void
  close(): void
}

/**
 * Electron's two ways: the control port to the supervisor lives as long as the window; an engine port comes with every
 * engine host, and messages to the engine wait for it. When the engine is remote they go by the control port, whose other
 * end relays them.
 */
export interface PortTransport extends Transport {
  setEnginePort(port: MessagePortLike): void
  setEngineRemote(remote: boolean): void
}

/** Messages that may wait for an engine that starts. */
const WAITING_MESSAGES = 1000

export function createPortTransport(control: MessagePortLike): PortTransport {
  const listeners: ((message: Message) => void)[] = []
  let engine: MessagePortLike | undefined
  let remote = false
  let waiting: Message[] = []
  const listen = (port: MessagePortLike): void => {
    port.addEventListener('message', ({ data }) => {
      if (port !== control && port !== engine) return // the last words of a host that was replaced
      if (typeof data === 'string' || data instanceof Uint8Array) for (const listener of listeners) listener(data as Message)
    })
    port.start()
  }
  const flush = (port: MessagePortLike): void => {
    for (const message of waiting.splice(0)) port.postMessage(message)
  }
  listen(control)
  return {
    send(message, to) {
      if (to === 'app' || remote) control.postMessage(message)
      else if (engine !== undefined) engine.postMessage(message)
      else if (waiting.length < WAITING_MESSAGES) waiting.push(message)
    },
    onMessage(listener) {
      listeners.push(listener)
    },
    onClose(listener) {
      control.addEventListener('close', () => {
        listener('The app is closing.')
      })
    },
    close() {
      engine?.close()
      control.close()
    },
    setEnginePort(port) {
      engine?.close()
      engine = port
      listen(port)
      flush(port)
      port.addEventListener('close', () => {
        if (engine === port) engine = undefined
      })
    },
    setEngineRemote(isRemote) {
      remote = isRemote
      if (remote) flush(control)
      else waiting = []
    }
  }
}

/** Both ends of a transport inside one process, in order and asynchronous like the real ones. For tests. */
export function createMemoryTransports(): { readonly page: Transport; readonly host: Transport } {
  const ends = [new MemoryEnd(), new MemoryEnd()] as const
  ends[0].peer = ends[1]
  ends[1].peer = ends[0]
  return { page: ends[0], host: ends[1] }
}

class MemoryEnd implements Transport {
  peer: MemoryEnd | undefined
  private readonly messageListeners: ((message: Message) => void)[] = []
  private readonly closeListeners: ((reason: string) => void)[] = []
  private closed = false

  send(message: Message): void {
    queueMicrotask(() => {
      if (!this.closed) for (const listener of this.peer?.messageListeners ?? []) listener(message)
    })
  }
  onMessage(listener: (message: Message) => void): void {
    this.messageListeners.push(listener)
  }
  onClose(listener: (reason: string) => void): void {
    this.closeListeners.push(listener)
  }
  close(): void {
    for (const end of [this, this.peer])
      if (end !== undefined && !end.closed) {
        end.closed = true
        for (const listener of end.closeListeners) listener('The connection was closed.')
      }
  }
}
