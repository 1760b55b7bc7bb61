import { type FromHost, parseToHost, type ToHost } from '../shared/protocol/link'
import type { Message } from '../shared/protocol'

/** The part of Electron's MessagePortMain that is used: a page's own way to this process. */
export interface HostPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void
  on(event: 'close', listener: () => void): void
  start(): void
}

export interface LinkListener {
  readonly onMessage: (message: ToHost) => void
  /** Electron hands over a page's port; messages on it are that page's. */
  readonly onPort: (port: HostPort) => void
  /** The supervisor is gone: there is nobody to work for. */
  readonly onGone: () => void
}

/** The way to the supervisor: Node's IPC channel, or the parent port of Electron's utility process. */
export interface Link {
  send(message: FromHost): void
  listen(listener: LinkListener): void
}

interface ParentPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { readonly data: unknown; readonly ports: readonly HostPort[] }) => void): void
}

export function openLink(log: (message: string) => void): Link {
  const { parentPort } = process as unknown as { readonly parentPort?: ParentPort }
  const receive = (raw: unknown, listener: LinkListener): void => {
    const message = parseToHost(raw)
    if (message === undefined) log('The supervisor sent a message that is not in the protocol; it was ignored.')
    else listener.onMessage(message)
  }
  if (parentPort !== undefined)
    return {
      send: (message) => parentPort.postMessage(message),
      listen(listener) {
        parentPort.on('message', ({ data, ports }) => {
          const [port] = ports
          if (port === undefined) receive(data, listener)
          else listener.onPort(port)
        })
      }
    }
  return {
    send(message) {
      if (process.connected) process.send?.(message)
    },
    listen(listener) {
      process.on('message', (raw) => receive(raw, listener))
      process.on('disconnect', listener.onGone)
    }
  }
}

/** Messages of a page as they come out of structured clone. */
export const isMessage = (data: unknown): data is Message => typeof data === 'string' || data instanceof Uint8Array
