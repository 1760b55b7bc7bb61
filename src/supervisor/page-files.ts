import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { GretaError } from '../shared/errors'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8'
}

export interface PageFile {
  readonly path: string
  readonly contentType: string
  /** The name carries a hash of the content: it never changes. */
  readonly immutable: boolean
  read(): Buffer<ArrayBuffer>
}

/**
 * The files of the built page by URL path. Found once, at start: what is not in this list does not exist, whatever a URL
 * says, so there is no path to escape from. Links and hidden files are left out.
 */
export class PageFiles {
  private readonly files = new Map<string, PageFile>()

  constructor(folder: string) {
    if (statSync(join(folder, 'index.html'), { throwIfNoEntry: false }) === undefined)
      throw new GretaError('not-found', `The page is not built: there is no index.html in ${folder}.`, 'Run: npm run build:app')
    const visit = (inside: string): void => {
      for (const entry of readdirSync(inside, { withFileTypes: true })) {
        if (entry.name.startsWith('.')) continue
        const path = join(inside, entry.name)
        if (entry.isDirectory()) visit(path)
        else if (entry.isFile()) this.add(`/${relative(folder, path).split(sep).join('/')}`, path)
      }
    }
    visit(folder)
  }

  /** The file of a URL path such as "/" or "/assets/index-1a2b.js"; undefined when there is none. */
  find(urlPath: string): PageFile | undefined {
    return this.files.get(urlPath === '/' ? '/index.html' : urlPath)
  }

  private add(url: string, path: string): void {
    let content: Buffer<ArrayBuffer> | undefined
    this.files.set(url, {
      path,
      contentType: TYPES[extname(path)] ?? 'application/octet-stream',
      immutable: /-[\w-]{8,}\.\w+$/.test(url),
      read: () => (content ??= readFileSync(path))
    })
  }
}
