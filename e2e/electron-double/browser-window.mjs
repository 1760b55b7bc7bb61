// BrowserWindow and webContents over Chromium through playwright-core. The real preload bundle runs in the page.
import { EventEmitter } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { chromium } from 'playwright-core'
import { findChromium } from '../../scripts/lib/chromium.mjs'
import { pack } from './ports.mjs'
import { app, ipcMain, protocolHandlers, session, trace } from './state.mjs'

const FLAGS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'
let browserPromise
export const browser = () =>
  (browserPromise ??= chromium.launch({
    executablePath: findChromium(),
    headless: true,
    args: [...FLAGS.split(' '), ...(process.env.DOUBLE_CDP_PORT ? [`--remote-debugging-port=${process.env.DOUBLE_CDP_PORT}`] : [])]
  }))

const INSECURE = {
  sandbox: false,
  contextIsolation: false,
  webSecurity: false,
  nodeIntegration: true,
  nodeIntegrationInWorker: true,
  nodeIntegrationInSubFrames: true,
  allowRunningInsecureContent: true,
  experimentalFeatures: true,
  webviewTag: true
}

/** What a window must not be made with, in words; empty when it is sound. */
export function insecurities({ webPreferences: w = {} }, sandboxed) {
  const found = Object.entries(INSECURE).flatMap(([name, bad]) => (w[name] === bad ? [`${name}: ${bad}`] : []))
  if (w.sandbox !== true && !sandboxed) found.push('neither sandbox: true nor app.enableSandbox()')
  if (w.preload !== undefined && !existsSync(w.preload)) found.push(`no preload at ${w.preload}`)
  return found
}

/** Runs in the page before anything else: `require('electron')` of a sandboxed preload, in a scope of its own. */
function rendererSide(preload) {
  const listeners = new Map()
  const ports = new Map()
  const unpack = (message) =>
    'bytes' in message ? Uint8Array.from(atob(message.bytes), (character) => character.charCodeAt(0)) : message.value
  const packed = (data) => {
    if (!(data instanceof Uint8Array)) return { value: data }
    let text = ''
    for (let at = 0; at < data.length; at += 8192) text += String.fromCharCode(...data.subarray(at, at + 8192))
    return { bytes: btoa(text) }
  }
  const electron = {
    contextBridge: {
      exposeInMainWorld: (key, value) => Object.defineProperty(window, key, { value: Object.freeze(value), enumerable: true })
    },
    ipcRenderer: {
      on: (channel, listener) => listeners.set(channel, [...(listeners.get(channel) ?? []), listener]),
      send: (channel, ...words) => void window.greta$double({ kind: 'send', channel, words })
    },
    webUtils: { getPathForFile: () => '' }
  }
  window.greta$ipc = (channel, words, numbers) => {
    const made = numbers.map((number) => {
      const channelPair = new MessageChannel()
      channelPair.port1.onmessage = (event) => void window.greta$double({ kind: 'port', number, data: packed(event.data) })
      ports.set(number, channelPair.port1)
      return channelPair.port2
    })
    for (const listener of listeners.get(channel) ?? []) listener({ ports: made }, ...words)
  }
  window.greta$port = (number, message) => ports.get(number)?.postMessage(unpack(message))
  window.greta$close = (number) => {
    ports.get(number)?.close()
    ports.delete(number)
  }
  const allowed = (name) => {
    if (name === 'electron') return electron
    throw new Error(`a sandboxed preload cannot require ${name}`)
  }
  // oxlint-disable-next-line typescript/no-implied-eval -- a preload is run in a scope of its own, as Electron does
  new Function('require', 'exports', 'module', 'process', preload)(allowed, {}, {}, { platform: 'linux', versions: {} })
}

class WebContents extends EventEmitter {
  ports = new Map()
  nextPort = 1
  session = session.defaultSession
  mainFrame = { url: '' }
  openHandler = () => ({ action: 'allow' })

  setWindowOpenHandler(handler) {
    this.openHandler = handler
  }
  isDestroyed() {
    return this.page === undefined || this.page.isClosed()
  }
  reload() {
    void this.page.reload()
  }
  postMessage(channel, message, transfer = []) {
    const numbers = transfer.map((port) => {
      const number = this.nextPort++
      port.transferred = true
      this.ports.set(number, port)
      return number
    })
    const quiet = (promise) => promise.catch(() => undefined) // a page that is going away
    void quiet(this.page.evaluate(([c, m, n]) => window.greta$ipc(c, [m], n), [channel, message, numbers])).then(() =>
      transfer.forEach((port, index) => {
        port.forwardTo((data) => void quiet(this.page.evaluate(([n, m]) => window.greta$port(n, m), [numbers[index], pack(data)])))
        port.onClosed = () => void quiet(this.page.evaluate((n) => window.greta$close(n), numbers[index]))
      })
    )
  }
  receive({ kind, channel, words, number, data }) {
    const unpacked = () => ('bytes' in data ? Uint8Array.from(Buffer.from(data.bytes, 'base64')) : data.value)
    if (kind === 'port') this.ports.get(number)?.postMessage(unpacked())
    else ipcMain.emit(channel, { sender: this, senderFrame: this.mainFrame }, ...words)
  }
}

const windows = new Set()
export class BrowserWindow extends EventEmitter {
  static getAllWindows() {
    return [...windows]
  }
  webContents = new WebContents()
  constructor(options = {}) {
    super()
    const found = insecurities(options, app.sandboxed)
    if (found.length > 0) throw new Error(`electron double: insecure window: ${found.join(', ')}`)
    this.options = options
    windows.add(this)
    trace('window', { width: options.width, height: options.height, webPreferences: options.webPreferences })
    app.emit('web-contents-created', {}, this.webContents)
  }
  show() {
    trace('show')
  }
  maximize() {}
  isMaximized() {
    return false
  }
  isMinimized() {
    return false
  }
  focus() {
    trace('focus')
  }
  getNormalBounds() {
    return { x: 0, y: 0, width: this.options.width, height: this.options.height }
  }
  close() {
    this.emit('close', { preventDefault() {} })
    windows.delete(this)
    this.emit('closed')
    if (windows.size === 0) app.emit('window-all-closed')
  }

  /** greta://host/path is answered by protocol.handle; here it is shown from a loopback address, headers and all. */
  async loadURL(url) {
    const { protocol: scheme, host } = new URL(url)
    const handler = protocolHandlers.get(scheme.slice(0, -1))
    if (handler === undefined) throw new Error(`electron double: nobody handles ${scheme}`)
    const server = createServer((request, response) => {
      void Promise.resolve(handler(new Request(`${scheme}//${host}${request.url}`))).then(async (answer) => {
        response.writeHead(answer.status, Object.fromEntries(answer.headers))
        response.end(Buffer.from(await answer.arrayBuffer()))
      })
    })
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    server.unref()
    const { webContents, options } = this
    webContents.mainFrame.url = url
    const origin = `http://127.0.0.1:${server.address().port}`
    const page = (webContents.page = await (await browser()).newPage({ viewport: { width: options.width, height: options.height } }))
    await page.exposeFunction('greta$double', (message) => webContents.receive(message))
    await page.addInitScript(`(${String(rendererSide)})(${JSON.stringify(readFileSync(options.webPreferences.preload, 'utf8'))})`)
    page.on('pageerror', (error) => trace('pageerror', String(error)))
    page.on('console', (message) => message.type() === 'error' && trace('console-error', message.text()))
    page.on('popup', (popup) => {
      const { action } = webContents.openHandler({ url: popup.url() })
      trace('popup', action)
      if (action !== 'allow') void popup.close()
    })
    await page.route('**/*', (route) => {
      const request = route.request()
      const target = request.url()
      if (!request.isNavigationRequest() || request.frame() !== page.mainFrame() || target.startsWith(`${origin}/`)) return route.continue()
      let prevented = false
      webContents.emit('will-navigate', { preventDefault: () => (prevented = true) }, target)
      trace('navigation', prevented ? 'prevented' : 'allowed')
      return route.abort()
    })
    await page.goto(`${origin}${new URL(url).pathname}`)
    this.emit('ready-to-show')
    trace('loaded', url)
  }
}
