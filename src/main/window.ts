import { join } from 'node:path'
import { app, BrowserWindow, screen } from 'electron'
import { readWindowState, writeWindowState } from '../supervisor/window-state'
import { PAGE_ORIGIN, PAGE_URL } from './page-protocol'

const stateFile = (): string => join(app.getPath('userData'), 'window-state.json')

/** One window, closed to everything but the page. */
export function createWindow(): BrowserWindow {
  const { maximized, ...bounds } = readWindowState(stateFile(), (place) => screen.getDisplayMatching(place).workArea)
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
    writeWindowState(stateFile(), { ...window.getNormalBounds(), maximized: window.isMaximized() })
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
