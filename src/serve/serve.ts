import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { GretaError } from '../shared/errors'
import type { LoadRequest } from '../shared/protocol'
import { dataFolder } from '../supervisor/data-folder'
import { forkHost } from '../supervisor/host-process'
import { PageFiles } from '../supervisor/page-files'
import { Supervisor } from '../supervisor/supervisor'
import { newToken, TOKEN_PATTERN } from './access'
import { answerHttp } from './page-server'
import { PageSockets } from './sockets'

export const DEFAULT_PORT = 7421

export interface ServeOptions {
  readonly appRoot: string
  readonly appVersion: string
  /** Default 127.0.0.1: only this machine. */
  readonly host?: string
  /** Default DEFAULT_PORT, or any free one when that is taken; a port that was named is never replaced. 0 = any. */
  readonly port?: number
  /** Default: 256 random bits. */
  readonly token?: string
  /** Names beside the address itself that pages may be opened under (a tunnel, a proxy). */
  readonly allowedHosts?: readonly string[]
  readonly model?: LoadRequest
  readonly dataFolder?: string
  readonly log?: (message: string) => void
}

export interface Served {
  /** With the token in the fragment, which no server and no log ever sees. */
  readonly url: string
  readonly port: number
  readonly supervisor: Supervisor
  /** Tells the pages, ends the engine, closes the port. */
  close(): Promise<void>
}

/** The workbench over HTTP and WebSocket: the page's files, and a supervised engine host behind every connection. */
export async function startServe(options: ServeOptions): Promise<Served> {
  const host = options.host ?? '127.0.0.1'
  const token = options.token ?? newToken()
  if (!TOKEN_PATTERN.test(token))
    throw new GretaError('usage', 'The token must be 16 to 200 letters, digits and . _ ~ -.', 'Leave --token out to get a random one.')
  const files = new PageFiles(join(options.appRoot, 'out/renderer'))
  const server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 30_000, headersTimeout: 10_000 })
  const port = await listen(server, host, options.port)
  const rules = { boundHost: host, port, allowedHosts: options.allowedHosts ?? [] }
  const supervisor = new Supervisor({
    startHost: () => forkHost(join(options.appRoot, 'out/main/host.js')),
    log: options.log ?? (() => undefined),
    configuration: {
      appVersion: options.appVersion,
      appRoot: options.appRoot,
      resourcesFolder: join(options.appRoot, 'resources'),
      dataFolder: options.dataFolder ?? dataFolder(),
      openSomething: options.model === undefined,
      pageHasLocalPaths: false,
      ...(options.model === undefined ? {} : { load: options.model })
    }
  })
  const facts = {
    kind: 'serve' as const,
    appVersion: options.appVersion,
    capabilities: ['restart' as const],
    takeOpenPaths: () => []
  }
  const sockets = new PageSockets(supervisor, facts, {}, token, rules)
  server.on('request', (request, response) => answerHttp(request, response, files, token, rules))
  server.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head))
  supervisor.start()
  const shown = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${shown === '0.0.0.0' || shown === '[::]' ? 'localhost' : shown}:${port}/#token=${token}`,
    port,
    supervisor,
    async close() {
      sockets.close()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await supervisor.stop()
      sockets.terminate()
      server.closeAllConnections()
      await closed
    }
  }
}

async function listen(server: Server, host: string, port: number | undefined): Promise<number> {
  const attempt = (candidate: number): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(candidate, host, () => {
        server.off('error', reject)
        resolve((server.address() as AddressInfo).port)
      })
    })
  try {
    return await attempt(port ?? DEFAULT_PORT)
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code
    if (code === 'EADDRINUSE' && port === undefined) return attempt(0)
    if (code === 'EADDRINUSE')
      throw new GretaError('io', `Port ${port} of ${host} is taken by another program.`, 'Choose another with --port, or leave it out.')
    throw new GretaError('io', `Cannot listen on ${host}, port ${port ?? DEFAULT_PORT}: ${(thrown as Error).message}.`)
  }
}
