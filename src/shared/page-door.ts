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
}

export const isPortMessage = (data: unknown): data is PortMessage =>
  typeof data === 'object' && data !== null && (data as PortMessage).kind === 'greta-port'

export const SOCKET_PATH = '/ws'
export const TOKEN_PARAMETER = 'token'
