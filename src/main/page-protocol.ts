import { protocol } from 'electron'
import { contentSecurityPolicy, SECURITY_HEADERS } from '../shared/content-security'
import type { PageFiles } from '../supervisor/page-files'

const SCHEME = 'greta'
export const PAGE_ORIGIN = `${SCHEME}://workbench`
export const PAGE_URL = `${PAGE_ORIGIN}/index.html`

/** Before the app is ready: the page has an origin of its own, not file://. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } }])
}

/** Serves the built page and nothing else, with its security policy. */
export function servePage(files: PageFiles): void {
  protocol.handle(SCHEME, ({ url, method }) => {
    const { host, pathname } = new URL(url)
    const file = host === 'workbench' && method === 'GET' ? files.find(pathname) : undefined
    if (file === undefined) return new Response('There is no such page.', { status: 404, headers: SECURITY_HEADERS })
    return new Response(file.read(), {
      headers: { 'content-type': file.contentType, 'content-security-policy': contentSecurityPolicy(), ...SECURITY_HEADERS }
    })
  })
}
