import type { GretaErrorData } from '../shared/errors'
import { type DesktopDoor, isPortMessage, SESSION_PATH, SOCKET_PATH, socketProtocols, TOKEN_PARAMETER } from '../shared/page-door'
import {
  type Answer,
  type Client,
  createClient,
  createPortTransport,
  createWebSocketTransport,
  type MethodName,
  type Params,
  type PortTransport,
  type UploadOptions
} from '../shared/protocol'
import { failure, type Result } from '../shared/result'

/** The only file that touches window.greta and WebSocket. Everything else calls `call` and listens through connectBridge. */
declare global {
  interface Window {
    readonly greta?: DesktopDoor
  }
}

export interface BridgeListener {
  /** A way to the workbench is there; listen to its events now. Called again after every reconnection. */
  readonly onClient: (client: Client) => void
  /** The way is gone. `retryInMilliseconds` is undefined when nothing is tried any more. */
  readonly onLost: (message: string, retryInMilliseconds: number | undefined) => void
}

const FIRST_RETRY_MILLISECONDS = 250
const LONGEST_RETRY_MILLISECONDS = 5000
const TOKEN_KEY = 'greta.token'

let current: Client | undefined

const NOT_CONNECTED: GretaErrorData = {
  code: 'io',
  message: 'The workbench does not answer.',
  hint: 'It is being tried again; nothing you wrote is lost.'
}

/** Never rejects: a missing connection is an answer like any other. */
export const call = <M extends MethodName>(name: M, params: Params<M>): Promise<Result<Answer<M>>> =>
  current === undefined ? Promise.resolve(failure(NOT_CONNECTED)) : current.call(name, params)

export const uploadFile = (file: File, options: UploadOptions): Promise<Result<{ readonly path: string }>> =>
  current === undefined ? Promise.resolve(failure(NOT_CONNECTED)) : current.upload(file.name, file, options)

/** Where a dropped file lies on this machine, where the page may know that; '' elsewhere. */
export const pathOfDroppedFile = (file: File): string => window.greta?.pathForFile(file) ?? ''

export function connectBridge(listener: BridgeListener): void {
  if (window.greta === undefined) connectSocket(listener)
  else connectPorts(window.greta, listener)
}

function connectPorts(door: DesktopDoor, listener: BridgeListener): void {
  let transport: PortTransport | undefined
  window.addEventListener('message', (event) => {
    const [port] = event.ports
    if (event.source !== window || !isPortMessage(event.data) || port === undefined) return
    if (event.data.role === 'control') {
      transport = createPortTransport(port)
      transport.setEngineRemote(event.data.engineByControl === true)
      const client = createClient(transport)
      client.onClose((reason) => {
        current = undefined
        listener.onLost(reason, undefined)
      })
      current = client
      listener.onClient(client)
    } else transport?.setEnginePort(port)
  })
  door.ready()
}

/** The token leaves the address bar at once, so that it is in no screenshot and no history; a reload finds it here. */
function takeToken(): string {
  const fragment = new URLSearchParams(location.hash.slice(1))
  const given = fragment.get(TOKEN_PARAMETER)
  if (given === null) return sessionStorage.getItem(TOKEN_KEY) ?? ''
  sessionStorage.setItem(TOKEN_KEY, given)
  history.replaceState(null, '', location.pathname + location.search)
  return given
}

function connectSocket(listener: BridgeListener): void {
  const token = takeToken()
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
  const address = `${scheme}://${location.host}${SOCKET_PATH}`
  let retry = FIRST_RETRY_MILLISECONDS
  const open = (): void => {
    const socket = new WebSocket(address, socketProtocols(token))
    const client = createClient(createWebSocketTransport(socket))
    socket.addEventListener('open', () => {
      retry = FIRST_RETRY_MILLISECONDS
      current = client
      listener.onClient(client)
    })
    client.onClose((reason) => {
      current = undefined
      void isRefused(token).then((refused) => {
        if (refused) return listener.onLost(WRONG_TOKEN, undefined)
        listener.onLost(reason, retry)
        setTimeout(open, retry)
        retry = Math.min(LONGEST_RETRY_MILLISECONDS, retry * 2)
      })
    })
  }
  open()
}

const WRONG_TOKEN = 'This workbench refused the token. Open the whole address that `greta serve` printed, or paste its token.'

/** True when the workbench is there and says that the token is wrong; trying again would not help. */
async function isRefused(token: string): Promise<boolean> {
  try {
    const response = await fetch(SESSION_PATH, { headers: { authorization: `Bearer ${token}` }, cache: 'no-store' })
    return response.status === 401
  } catch {
    return false
  }
}
