// A test double of the Electron APIs that src/main uses, with a real Chromium as the window. It proves the wiring and refuses
// insecure settings; what it cannot prove is Electron itself. Anything it does not know throws.
import { BrowserWindow, browser } from './browser-window.mjs'
import { MessageChannelMain } from './ports.mjs'
import { app, askPermission, ipcMain, protocolHandlers, session, trace } from './state.mjs'
import { utilityProcess } from './utility-process.mjs'

app.on('double:quit', () => {
  void browser()
    .then((chromium) => chromium.close())
    .finally(() => process.exit(0))
})
process.on('SIGTERM', () => app.quit())

export const protocol = {
  registerSchemesAsPrivileged(schemes) {
    if (app.ready) throw new Error('electron double: schemes are registered before the app is ready')
    trace('schemes', schemes)
  },
  handle: (scheme, handler) => void protocolHandlers.set(scheme, handler)
}
export const shell = { openPath: async (path) => trace('open-path', path) }
export const screen = { getDisplayMatching: () => ({ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }) }
let menu
export const Menu = {
  buildFromTemplate: (template) => template,
  setApplicationMenu(template) {
    menu = template
    trace(
      'menu',
      template.map((entry) => entry.label ?? entry.role)
    )
  }
}
export const dialog = {
  showOpenDialog: async () => ({ filePaths: process.env.DOUBLE_OPEN_PATH ? [process.env.DOUBLE_OPEN_PATH] : [] }),
  showSaveDialog: async () => ({ filePath: process.env.DOUBLE_SAVE_PATH ?? '' })
}

/** What a test asks of the running app. */
process.on('message', ({ ask, detail }) => {
  if (ask === 'close-window') for (const window of BrowserWindow.getAllWindows()) window.close()
  else if (ask === 'permission') trace('permission', askPermission(detail))
  else if (ask === 'forged-ready') {
    const [window] = BrowserWindow.getAllWindows()
    const frame = { url: 'https://evil.example/' }
    ipcMain.emit('greta:ready', { sender: window.webContents, senderFrame: frame })
    ipcMain.emit('greta:ready', { sender: {}, senderFrame: window.webContents.mainFrame })
    trace('forged', window.webContents.nextPort)
  } else if (ask === 'menu') {
    const items = menu.flatMap((entry) => entry.submenu ?? [])
    items.find((item) => item.label === detail).click()
  } else if (ask === 'second-instance') app.emit('second-instance', {}, ['electron', ...detail], process.cwd())
})

export { app, BrowserWindow, ipcMain, MessageChannelMain, session, utilityProcess }
export default { app, BrowserWindow, dialog, ipcMain, Menu, MessageChannelMain, protocol, screen, session, shell, utilityProcess }
