import { WebSocket } from 'ws'
import { GretaError } from '../shared/errors'
import { SOCKET_PATH, socketProtocols } from '../shared/page-door'
import { encodeEvent, LIMITS, type Message, parseReply, parseRequest } from '../shared/protocol'

/** The address of a remote workbench as people paste it: with or without the token in the fragment. */
export function remoteAddress(url: string, token: string): { readonly socket: string; readonly location: string; readonly token: string } {
  let parsed: URL
  try {
    parsed = new URL(url.includes('://') ? url : `http://${url}`)
  } catch {
    throw new GretaError('usage', `"${url}" is not an address.`, 'Paste the address that `greta serve` printed.')
  }
  const secure = parsed.protocol === 'https:' || parsed.protocol === 'wss:'
  if (!secure && parsed.protocol !== 'http:' && parsed.protocol !== 'ws:')
    throw new GretaError('usage', `"${url}" does not begin with http:// or https://.`)
  const inFragment = new URLSearchParams(parsed.hash.slice(1)).get('token')
  const chosen = token === '' ? (inFragment ?? '') : token
  if (chosen === '') throw new GretaError('usage', 'The token is missing.', 'It is the part after #token= of the address.')
  return { socket: `${secure ? 'wss' : 'ws'}://${parsed.host}${SOCKET_PATH}`, location: parsed.host, token: chosen }
}

export interface RemoteSession {
  receive(message: Message): void
  close(): void
}

/**
 * Shows a remote workbench in this window: messages are passed on unread, but for the welcome and the engine's status, which
 * say where the engine is. Resolves when the connection stands.
 */
export function connectRemote(
  url: string,
  token: string,
  deliver: (message: Message) => void,
  onClose: (reason: string) => void
): Promise<{ readonly session: RemoteSession; readonly location: string }> {
  const address = remoteAddress(url, token)
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address.socket, socketProtocols(address.token), {
      perMessageDeflate: false,
      maxPayload: LIMITS.outboundBinaryBytes,
      handshakeTimeout: 10_000
    })
    let refused: string | undefined
    let open = false
    let helloId: number | undefined
    socket.on('unexpected-response', (_, response) => {
      refused =
        response.statusCode === 401
          ? `${address.location} refused the token.`
          : `${address.location} refused the connection (HTTP ${response.statusCode}).`
      socket.terminate()
    })
    socket.on('error', (error) => {
      if (open) return
      reject(
        new GretaError(
          'io',
          refused ?? `${address.location} cannot be reached: ${error.message}.`,
          'Is `greta serve` running there, and the port open?'
        )
      )
    })
    socket.on('close', () => {
      if (open) onClose(`The connection to ${address.location} was closed.`)
      else reject(new GretaError('io', refused ?? `${address.location} closed the connection.`))
    })
    socket.on('message', (data: Buffer, isBinary: boolean) =>
      deliver(isBinary ? Uint8Array.from(data) : located(data.toString('utf8'), address.location, helloId))
    )
    socket.on('open', () => {
      open = true
      const session: RemoteSession = {
        receive(message) {
          if (typeof message === 'string' && helloId === undefined) {
            const request = parseRequest(message)
            if (request.ok && request.value.method === 'app.hello') helloId = request.value.id
          }
          if (socket.readyState === WebSocket.OPEN) socket.send(message)
        },
        close() {
          open = false
          socket.close(1000)
        }
      }
      resolve({ session, location: address.location })
    })
  })
}

/** Puts our name for the engine's place into what says it, and the capability to leave. */
function located(text: string, location: string, helloId: number | undefined): string {
  const isStatus = text.startsWith('{"kind":"event","event":"engine.status"')
  const isWelcome = helloId !== undefined && text.startsWith(`{"kind":"response","id":${helloId},`)
  if (!isStatus && !isWelcome) return text
  const reply = parseReply(text)
  if (!reply.ok) return text
  if (reply.value.kind === 'event') return encodeEvent('engine.status', { ...(reply.value.data as object), location })
  if (!reply.value.result.ok) return text
  const welcome = reply.value.result.value as { readonly capabilities: readonly string[]; readonly engine: object }
  const value = { ...welcome, capabilities: [...welcome.capabilities, 'remote'], engine: { ...welcome.engine, location } }
  return JSON.stringify({ ...reply.value, result: { ok: true, value } })
}
