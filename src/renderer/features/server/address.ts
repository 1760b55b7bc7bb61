import { TOKEN_PARAMETER } from '../../../shared/page-door'

export interface ServerAddress {
  /** Origin only: scheme, host, port. */
  readonly url: string
  /** Token from the fragment; '' when there was none. */
  readonly token: string
}

/** Takes what `greta serve` printed, or "host:port"; undefined for anything that is no web address. */
export function parseServerAddress(text: string): ServerAddress | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`
  try {
    const url = new URL(withScheme)
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined
    return { url: url.origin, token: new URLSearchParams(url.hash.slice(1)).get(TOKEN_PARAMETER) ?? '' }
  } catch {
    return undefined
  }
}

export const addressWithToken = ({ url, token }: ServerAddress): string =>
  `${url}/${token === '' ? '' : `#${TOKEN_PARAMETER}=${encodeURIComponent(token)}`}`
