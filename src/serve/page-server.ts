import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { contentSecurityPolicy, SECURITY_HEADERS } from '../shared/content-security'
import { SESSION_PATH } from '../shared/page-door'
import type { PageFile, PageFiles } from '../supervisor/page-files'
import { type AccessRules, hostIsAllowed, originIsAllowed, tokensAreEqual } from './access'

const compressed = new Map<PageFile, Buffer>()
const COMPRESSIBLE = /^(text|application\/json|image\/svg)/

function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', ...SECURITY_HEADERS })
  response.end(`${sentence}\n`)
}

/** Answers GET of the page's files and `/session`, which tells a page whether its token is right before it opens a socket. */
export function answerHttp(request: IncomingMessage, response: ServerResponse, files: PageFiles, token: string, rules: AccessRules): void {
  const host = request.headers.host
  if (!hostIsAllowed(host, rules))
    return refuse(
      response,
      403,
      'This workbench does not answer to that host name. Use the address that it printed, or start it with --allow-host.'
    )
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'Only GET is answered.')
  const path = (request.url ?? '/').split(/[?#]/, 1)[0] as string
  if (path === SESSION_PATH) {
    const given = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
    if (!originIsAllowed(request.headers.origin, host) || given === undefined || !tokensAreEqual(given, token))
      return refuse(response, 401, 'The token is missing or wrong.')
    response.writeHead(204, { 'cache-control': 'no-store', ...SECURITY_HEADERS })
    response.end()
    return
  }
  const file = files.find(path)
  if (file === undefined) return refuse(response, 404, 'There is no such page.')
  const wantsGzip = COMPRESSIBLE.test(file.contentType) && /\bgzip\b/.test(request.headers['accept-encoding']?.toString() ?? '')
  // Over loopback, compressing costs more than it saves.
  const isNear = request.socket.remoteAddress === '127.0.0.1' || request.socket.remoteAddress === '::1'
  const gzip = wantsGzip && !isNear
  const body = gzip ? gzipped(file) : file.read()
  response.writeHead(200, {
    'content-type': file.contentType,
    'content-length': body.byteLength,
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    'content-security-policy': contentSecurityPolicy([`ws://${host}`, `wss://${host}`]),
    vary: 'accept-encoding',
    ...(gzip ? { 'content-encoding': 'gzip' } : {}),
    ...SECURITY_HEADERS
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

function gzipped(file: PageFile): Buffer {
  const body = compressed.get(file) ?? gzipSync(file.read())
  compressed.set(file, body)
  return body
}
