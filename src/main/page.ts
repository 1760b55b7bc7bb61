import { type BrowserWindow, dialog, type IpcMainEvent, MessageChannelMain, type MessagePortMain } from 'electron'
import type { PortMessage } from '../shared/page-door'
import type { Message } from '../shared/protocol'
import { success } from '../shared/result'
import { DesktopPage } from '../supervisor/desktop-page'
import type { WorkbenchFacts } from '../supervisor/page-session'
import type { Supervisor } from '../supervisor/supervisor'

const FILTERS = {
  model: [{ name: 'Models', extensions: ['gguf', 'safetensors'] }],
  'model-folder': [],
  run: [{ name: 'GRETA runs', extensions: ['greta'] }]
}

export async function askForFile(window: BrowserWindow, purpose: keyof typeof FILTERS): Promise<string | null> {
  const kind = purpose === 'model-folder' ? 'openDirectory' : 'openFile'
  const { filePaths } = await dialog.showOpenDialog(window, { properties: [kind], filters: FILTERS[purpose] })
  return filePaths[0] ?? null
}

/** A window's page, with Electron's ports and dialogs. */
export function createPage(
  window: BrowserWindow,
  supervisor: Supervisor,
  facts: WorkbenchFacts,
  giveEngine: (port: MessagePortMain) => void
): DesktopPage {
  const handOver = (port: MessagePortMain, message: PortMessage): void => window.webContents.postMessage('greta:port', message, [port])
  return new DesktopPage({
    supervisor,
    facts,
    openControl(receive, engineByControl) {
      const { port1, port2 } = new MessageChannelMain()
      port1.on('message', ({ data }) => receive(data as Message))
      port1.start()
      handOver(port2, { kind: 'greta-port', role: 'control', engineByControl })
      return { post: (message) => port1.postMessage(message), close: () => port1.close() }
    },
    openEngine() {
      const { port1, port2 } = new MessageChannelMain()
      giveEngine(port1)
      handOver(port2, { kind: 'greta-port', role: 'engine' })
    },
    dialogs: {
      'app.openDialog': async ({ purpose }) => success({ path: await askForFile(window, purpose) }),
      'app.saveDialog': async ({ suggestedName, purpose }) => {
        const filters = [{ name: suggestedName, extensions: [purpose === 'run' ? 'greta' : purpose] }]
        const { filePath } = await dialog.showSaveDialog(window, { defaultPath: suggestedName, filters })
        return success({ path: filePath === '' ? null : filePath })
      }
    }
  })
}

/** Only the top frame of the window's own page may speak. */
export const isOwnPage = (event: IpcMainEvent, window: BrowserWindow, origin: string): boolean =>
  event.sender === window.webContents &&
  event.senderFrame === window.webContents.mainFrame &&
  event.senderFrame.url.startsWith(`${origin}/`)
