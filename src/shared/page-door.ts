import { PROTOCOL_VERSION } from './protocol/limits'

/**
 * How the page reaches a workbench. Desktop: the preload script exposes `window.greta` and, after `ready()`, hands over ports by
 * window.postMessage (a port cannot cross contextBridge): first 'control', then one 'engine' for every engine host.
 * Browser: a WebSocket on the page's own origin; the token comes in the fragment of the address, which is never sent.
 */
export interface DesktopDoor {
  readonly kind: 'desktop'
  /** The page listens; ports may come. */
  ready(): void
  /** Path of a dropped file (webUtils.getPathForFile); '' when it has none. */
  pathForFile(file: unknown): string
}

/** `data` of the message event that carries a port in `ports[0]`. */
export interface PortMessage {
  readonly kind: 'greta-port'
  readonly role: 'control' | 'engine'
  /** Of a control port: messages to the engine go by it too, because the engine is remote. */
  readonly engineByControl?: boolean
}

export const isPortMessage = (data: unknown): data is PortMessage =>
  typeof data === 'object' && data !== null && (data as PortMessage).kind === 'greta-port'

export const SOCKET_PATH = '/ws'
/** GET with `authorization: Bearer TOKEN`: 204 when the token is right, 401 when not. A refused WebSocket cannot say why. */
export const SESSION_PATH = '/session'
export const SUBPROTOCOL = `greta.v${PROTOCOL_VERSION}`
const TOKEN_PROTOCOL = 'token.'
/** The subprotocols a page offers: a browser lets it set no other header, and an address would end in logs. */
export const socketProtocols = (token: string): string[] => (token === '' ? [SUBPROTOCOL] : [SUBPROTOCOL, `${TOKEN_PROTOCOL}${token}`])
export const tokenOfProtocols = (offered: readonly string[]): string | undefined =>
  offered.find((name) => name.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length)
export const TOKEN_PARAMETER = 'token'
