import { join } from 'node:path'
import { app, type BrowserWindow, ipcMain, shell } from 'electron'
import type { DesktopPage } from '../supervisor/desktop-page'
import type { WorkbenchFacts } from '../supervisor/page-session'
import { dataFolder } from '../supervisor/data-folder'
import { pathsIn } from '../supervisor/open-paths'
import { PageFiles } from '../supervisor/page-files'
import { Supervisor } from '../supervisor/supervisor'
import { type EngineProcess, startEngineProcess } from './engine-process'
import { installMenu } from './menu'
import { askForFile, createPage, isOwnPage } from './page'
import { PAGE_ORIGIN, registerPageScheme, servePage } from './page-protocol'
import { createWindow, lockContents } from './window'

/** Electron's main process: windows, files, menus; it supervises the engine and never touches a tensor. Read from top to bottom. */
if (!app.requestSingleInstanceLock()) app.exit(0)
app.enableSandbox()
registerPageScheme()
lockContents()

let window: BrowserWindow | undefined
let page: DesktopPage | undefined
let engine: EngineProcess | undefined
let waitingPaths = pathsIn(process.argv.slice(1), process.cwd())

const appRoot = app.getAppPath()
const supervisor = new Supervisor({
  startHost: () => (engine = startEngineProcess()),
  log: (message) => console.error(message),
  configuration: {
    appVersion: app.getVersion(),
    appRoot,
    resourcesFolder: app.isPackaged ? process.resourcesPath : join(appRoot, 'resources'),
    dataFolder: dataFolder(),
    openSomething: true,
    pageHasLocalPaths: true
  }
})
const facts: WorkbenchFacts = {
  kind: 'desktop',
  appVersion: app.getVersion(),
  capabilities: ['dialogs', 'remote', 'local-paths', 'restart'],
  takeOpenPaths: () => waitingPaths.splice(0)
}

function openWindow(): void {
  window = createWindow()
  page = createPage(window, supervisor, facts, (port) => engine?.sendPort(port))
  const { webContents } = window
  webContents.on('render-process-gone', (_, { reason }) => {
    if (reason !== 'clean-exit' && reason !== 'killed') webContents.reload()
  })
  window.on('closed', () => {
    page?.close()
    window = undefined
    page = undefined
  })
}

function openPath(path: string): void {
  if (page === undefined) waitingPaths = [...waitingPaths, path]
  else page.tell('app.open', { path })
}

async function openByMenu(): Promise<void> {
  const path = window === undefined ? null : await askForFile(window, 'model')
  if (path !== null) openPath(path)
}

ipcMain.on('greta:ready', (event) => {
  if (window !== undefined && isOwnPage(event, window, PAGE_ORIGIN)) page?.start()
  else console.error(`A message from ${event.senderFrame?.url ?? 'a frame that is gone'} was refused.`)
})
app.on('second-instance', (_, words, folder) => {
  if (window?.isMinimized() === true) window.restore()
  window?.focus()
  for (const path of pathsIn(words.slice(1), folder)) openPath(path)
})
app.on('open-file', (event, path) => {
  event.preventDefault()
  openPath(path)
})
app.on('activate', () => {
  if (window === undefined) openWindow()
})
app.on('window-all-closed', () => {
  if (process.platform !== 'darwin') app.quit()
})
let engineEnded = false
app.on('will-quit', (event) => {
  if (engineEnded) return
  event.preventDefault()
  void supervisor.stop().finally(() => {
    engineEnded = true
    app.quit()
  })
})

void app.whenReady().then(() => {
  supervisor.start()
  servePage(new PageFiles(join(appRoot, 'out/renderer')))
  installMenu({
    command: (command) => page?.tell('app.command', { command }),
    openModel: () => void openByMenu(),
    restartEngine: () => supervisor.restart(),
    ...(app.isPackaged ? { openNotices: () => void shell.openPath(join(process.resourcesPath, 'THIRD_PARTY_NOTICES.txt')) } : {})
  })
  openWindow()
})
