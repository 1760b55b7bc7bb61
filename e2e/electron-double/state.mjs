// What the double's parts share: the app, IPC, the session, and a trace that the test reads over the process's own IPC.
import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const trace = (what, detail) => process.send?.({ what, detail })

class App extends EventEmitter {
  isPackaged = process.env.DOUBLE_RESOURCES !== undefined
  sandboxed = false
  ready = false
  quitting = false
  getAppPath() {
    return process.cwd()
  }
  getVersion() {
    return JSON.parse(readFileSync(join(process.cwd(), 'package.json'), 'utf8')).version
  }
  getLocale() {
    return process.env.DOUBLE_LOCALE ?? 'en-US'
  }
  getPath(name) {
    return join(process.env.DOUBLE_USER_DATA ?? join(process.cwd(), 'out/double'), name === 'userData' ? '' : name)
  }
  enableSandbox() {
    if (this.ready) throw new Error('electron double: enableSandbox() after ready')
    this.sandboxed = true
  }
  requestSingleInstanceLock() {
    return true
  }
  whenReady() {
    return Promise.resolve().then(() => {
      this.ready = true
    })
  }
  exit(code = 0) {
    process.exit(code)
  }
  quit() {
    let prevented = false
    const event = { preventDefault: () => (prevented = true) }
    if (!this.quitting) this.emit('before-quit', event)
    this.quitting = true
    this.emit('will-quit', event)
    if (!prevented) this.emit('double:quit')
  }
}
if (process.env.DOUBLE_RESOURCES !== undefined) process.resourcesPath = process.env.DOUBLE_RESOURCES
export const app = new App()
export const ipcMain = new EventEmitter()
export const protocolHandlers = new Map()

const permission = { request: undefined, check: undefined }
export const session = {
  defaultSession: {
    setPermissionRequestHandler: (handler) => (permission.request = handler),
    setPermissionCheckHandler: (handler) => (permission.check = handler)
  }
}
/** What the app answers when a page asks for something; "no handler" would mean yes in Electron. */
export function askPermission(name) {
  if (permission.request === undefined || permission.check === undefined) return 'no handler'
  let answer
  permission.request({}, name, (granted) => (answer = granted))
  return answer === true || permission.check({}, name, '') === true ? 'granted' : 'denied'
}
