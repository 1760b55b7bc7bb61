import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { app, BrowserWindow, type Rectangle, screen } from 'electron'
import { PAGE_ORIGIN, PAGE_URL } from './page-protocol'

interface WindowState extends Partial<Rectangle> {
  readonly maximized?: boolean
}

const stateFile = (): string => join(app.getPath('userData'), 'window-state.json')

function savedState(): WindowState {
  try {
    const state = JSON.parse(readFileSync(stateFile(), 'utf8')) as WindowState
    const { x, y, width, height } = state
    if (![x, y, width, height].every(Number.isFinite)) return {}
    const { workArea } = screen.getDisplayMatching({ x, y, width, height } as Rectangle)
    const visible = (x as number) < workArea.x + workArea.width && (x as number) + (width as number) > workArea.x
    return visible && (y as number) >= workArea.y - 50 && (y as number) < workArea.y + workArea.height ? state : {}
  } catch {
    return {} // the first start, or a damaged file
  }
}

/** One window, closed to everything but the page. */
export function createWindow(): BrowserWindow {
  const { maximized, ...bounds } = savedState()
  const window = new BrowserWindow({
    width: 1280,
    height: 800,
    ...bounds,
    minWidth: 720,
    minHeight: 480,
    show: false,
    backgroundColor: '#101014',
    webPreferences: {
      preload: join(app.getAppPath(), 'out/preload/index.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      spellcheck: false
    }
  })
  if (maximized === true) window.maximize()
  window.once('ready-to-show', () => window.show())
  window.on('close', () => {
    try {
      writeFileSync(stateFile(), JSON.stringify({ ...window.getNormalBounds(), maximized: window.isMaximized() }))
    } catch {
      // A position that is not remembered is no reason to keep a window open.
    }
  })
  void window.loadURL(PAGE_URL)
  return window
}

/** For every page that is ever made: it stays where it is, opens nothing and asks for nothing. */
export function lockContents(): void {
  app.on('web-contents-created', (_, contents) => {
    contents.on('will-navigate', (event, url) => {
      if (new URL(url).origin !== new URL(PAGE_ORIGIN).origin || url !== PAGE_URL) event.preventDefault()
    })
    contents.on('will-attach-webview', (event) => event.preventDefault())
    contents.setWindowOpenHandler(() => ({ action: 'deny' }))
    const permitted = (permission: string): boolean => permission === 'clipboard-sanitized-write' || permission === 'fullscreen'
    contents.session.setPermissionRequestHandler((_contents, permission, answer) => answer(permitted(permission)))
    contents.session.setPermissionCheckHandler((_contents, permission) => permitted(permission))
  })
}
