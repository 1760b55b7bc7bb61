import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'

/** 256 random bits, safe in a URL and in a WebSocket subprotocol. */
export const newToken = (): string => randomBytes(32).toString('base64url')

/** A token that a person chose must be hard to guess and must fit a subprotocol name. */
export const TOKEN_PATTERN = /^[\w.~-]{16,200}$/

/** Takes the same time wherever the two differ, and whatever their lengths. */
export function tokensAreEqual(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}

/** "host:port", "[::1]:80" or "host" in its parts; undefined for anything else. */
export function splitHost(header: string): { readonly name: string; readonly port: number | undefined } | undefined {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]/@\s]+)(?::(\d{1,5}))?$/.exec(header)
  if (match === null) return undefined
  return { name: (match[1] as string).toLowerCase(), port: match[2] === undefined ? undefined : Number(match[2]) }
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])
export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.')

export interface AccessRules {
  /** The address that is listened on. */
  readonly boundHost: string
  readonly port: number
  /** Further names that people may use in the address bar. */
  readonly allowedHosts: readonly string[]
}

/**
 * DNS rebinding: a foreign site's name resolves to our address, and the browser thinks we are that site. Only names that
 * cannot be rebound are answered: loopback names, literal addresses (when bound beyond loopback), and names given at start.
 */
export function hostIsAllowed(header: string | undefined, rules: AccessRules): boolean {
  const host = header === undefined ? undefined : splitHost(header)
  if (host === undefined) return false
  const allowed = rules.allowedHosts.map((name) => name.toLowerCase())
  if (allowed.includes(host.name)) return true // perhaps behind a proxy or a tunnel, at another port
  if ((host.port ?? 80) !== rules.port) return false
  if (LOOPBACK.has(host.name)) return true
  if (isLoopback(rules.boundHost)) return false
  return host.name === rules.boundHost.toLowerCase() || isIP(host.name.replace(/^\[|\]$/g, '')) !== 0
}

/** A browser names the page that connects; it must be ours. Programs that are not browsers send no Origin (and need the token all the same). */
export function originIsAllowed(origin: string | undefined, hostHeader: string | undefined): boolean {
  if (origin === undefined) return true
  if (hostHeader === undefined) return false
  return origin === `http://${hostHeader}` || origin === `https://${hostHeader}`
}
