import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { SOCKET_PATH, SUBPROTOCOL, tokenOfProtocols } from '../shared/page-door'
import { LIMITS } from '../shared/protocol'
import { type AppServices, PageSession, type WorkbenchFacts } from '../supervisor/page-session'
import type { Supervisor } from '../supervisor/supervisor'
import { type AccessRules, hostIsAllowed, originIsAllowed, tokensAreEqual } from './access'

const MAXIMUM_PAGES = 32
const PING_INTERVAL_MILLISECONDS = 30_000

/** WebSocket connections of pages: checks who may connect, bounds what they send and what may wait for them. */
export class PageSockets {
  private readonly server: WebSocketServer
  private readonly pings: NodeJS.Timeout

  constructor(
    private readonly supervisor: Supervisor,
    private readonly facts: WorkbenchFacts,
    private readonly services: AppServices,
    private readonly token: string,
    private readonly rules: AccessRules
  ) {
    this.server = new WebSocketServer({
      noServer: true,
      maxPayload: LIMITS.inboundTextBytes,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false)
    })
    this.pings = setInterval(() => this.dropSilent(), PING_INTERVAL_MILLISECONDS)
    this.pings.unref()
  }

  /** Answers an HTTP upgrade: a page, or a refusal before any socket exists. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.refusal(request)
    if (refusal !== undefined) {
      const body = `${refusal.sentence}\n`
      socket.on('error', () => undefined) // the other side may be gone already
      socket.end(
        `HTTP/1.1 ${refusal.status}\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`
      )
      return
    }
    this.server.handleUpgrade(request, socket, head, (page) => this.attach(page))
  }

  close(): void {
    clearInterval(this.pings)
    for (const page of this.server.clients) page.close(1001, 'The workbench was stopped.')
    this.server.close()
  }

  /** Ends connections whose closing handshake does not come back. */
  terminate(): void {
    for (const page of this.server.clients) page.terminate()
  }

  private refusal(request: IncomingMessage): { readonly status: string; readonly sentence: string } | undefined {
    const { host, origin } = request.headers
    const path = (request.url ?? '').split('?', 1)[0]
    if (!hostIsAllowed(host, this.rules)) return { status: '403 Forbidden', sentence: 'The host name is not one of this workbench.' }
    if (!originIsAllowed(origin, host)) return { status: '403 Forbidden', sentence: 'Pages of other sites may not connect.' }
    if (path !== SOCKET_PATH) return { status: '404 Not Found', sentence: 'There is no such socket.' }
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
    const given = tokenOfProtocols(offered)
    if (given === undefined || !tokensAreEqual(given, this.token))
      return { status: '401 Unauthorized', sentence: 'The token is missing or wrong.' }
    if (!offered.includes(SUBPROTOCOL)) return { status: '400 Bad Request', sentence: `Expected the subprotocol ${SUBPROTOCOL}.` }
    if (this.server.clients.size >= MAXIMUM_PAGES)
      return { status: '503 Service Unavailable', sentence: `${MAXIMUM_PAGES} pages are connected already.` }
    return undefined
  }

  private attach(page: WebSocket): void {
    answered.add(page)
    page.on('pong', () => answered.add(page))
    const session = new PageSession(this.supervisor, this.facts, this.services, (message) => {
      if (page.readyState !== page.OPEN) return
      if (page.bufferedAmount > LIMITS.sendQueueBytes) return page.close(1013, 'The page reads too slowly.')
      page.send(message)
    })
    page.on('message', (data: Buffer, isBinary: boolean) => session.receive(isBinary ? data : data.toString('utf8')))
    page.on('error', () => undefined) // too long, or not a WebSocket frame: ws closes with the right code
    page.on('close', () => session.close())
  }

  private dropSilent(): void {
    for (const page of this.server.clients) {
      if (!answered.has(page)) page.terminate()
      answered.delete(page)
      page.ping()
    }
  }
}

/** Pages that answered since the last ping. */
const answered = new WeakSet<WebSocket>()
