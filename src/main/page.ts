import { type BrowserWindow, dialog, type IpcMainEvent, MessageChannelMain, type MessagePortMain, type OpenDialogOptions } from 'electron'
import { toErrorData } from '../shared/errors'
import type { PortMessage } from '../shared/page-door'
import { encodeEvent, encodeResponse, type EventData, type EventName, type Message, parseParams, parseRequest } from '../shared/protocol'
import { failure, success } from '../shared/result'
import { type AppServices, PageSession, type WorkbenchFacts } from '../supervisor/page-session'
import { connectRemote, type RemoteSession } from '../supervisor/remote-session'
import type { Supervisor } from '../supervisor/supervisor'

const FILTERS = {
  model: [{ name: 'Models', extensions: ['gguf', 'safetensors'] }],
  'model-folder': [],
  run: [{ name: 'GRETA runs', extensions: ['greta'] }]
}

/** The workbench's end of one window: its control port, one engine port for every engine host, and dialogs. */
export class WindowPage {
  private session: PageSession | undefined
  private remote: RemoteSession | undefined
  private control: MessagePortMain | undefined

  constructor(
    private readonly window: BrowserWindow,
    private readonly supervisor: Supervisor,
    private readonly facts: WorkbenchFacts,
    private readonly giveEngine: (port: MessagePortMain) => void
  ) {
    supervisor.onStatus((status) => {
      if (status.state === 'ready' && this.session !== undefined) this.openEngine()
    })
    window.on('closed', () => this.close())
  }

  /** The page listens (again, after a reload). */
  start(): void {
    this.close()
    this.session = new PageSession(this.supervisor, this.facts, this.services(), (message) => this.control?.postMessage(message), {
      relaysEngine: false
    })
    this.openControl((message) => this.session?.receive(message), false)
    if (this.supervisor.status.state === 'ready') this.openEngine()
  }

  /** The menu's way to a model: the page is told what was chosen. */
  async askForModel(): Promise<void> {
    const { filePaths } = await dialog.showOpenDialog(this.window, { properties: ['openFile'], filters: FILTERS.model })
    if (filePaths[0] !== undefined) this.tell('app.open', { path: filePaths[0] })
  }

  tell<E extends EventName>(event: E, data: EventData<E>): void {
    this.control?.postMessage(encodeEvent(event, data))
  }

  private close(): void {
    this.session?.close()
    this.remote?.close()
    this.control?.close()
    this.session = this.remote = this.control = undefined
  }

  private openControl(receive: (message: Message) => void, engineByControl: boolean): void {
    const { port1, port2 } = new MessageChannelMain()
    this.control?.close()
    this.control = port1
    port1.on('message', ({ data }) => receive(data as Message))
    port1.start()
    this.window.webContents.postMessage('greta:port', { kind: 'greta-port', role: 'control', engineByControl } satisfies PortMessage, [
      port2
    ])
  }

  private openEngine(): void {
    const { port1, port2 } = new MessageChannelMain()
    this.giveEngine(port1)
    this.window.webContents.postMessage('greta:port', { kind: 'greta-port', role: 'engine' } satisfies PortMessage, [port2])
  }

  private services(): AppServices {
    return {
      'app.openDialog': async ({ purpose }) => {
        const properties: OpenDialogOptions['properties'] = [purpose === 'model-folder' ? 'openDirectory' : 'openFile']
        const { filePaths } = await dialog.showOpenDialog(this.window, { properties, filters: FILTERS[purpose] })
        return success({ path: filePaths[0] ?? null })
      },
      'app.saveDialog': async ({ suggestedName, purpose }) => {
        const extensions = [purpose === 'run' ? 'greta' : purpose]
        const { filePath } = await dialog.showSaveDialog(this.window, {
          defaultPath: suggestedName,
          filters: [{ name: suggestedName, extensions }]
        })
        return success({ path: filePath === '' ? null : filePath })
      },
      'app.connect': async ({ url, token }) => {
        try {
          const { session, location } = await connectRemote(
            url,
            token,
            (message) => this.control?.postMessage(message),
            () => this.start()
          )
          this.session?.close()
          this.session = undefined
          this.remote = session
          // After this answer: the page gets a new control port, behind which everything is remote.
          setImmediate(() => this.openControl((message) => this.receiveRemote(message), true))
          return success({ location })
        } catch (thrown) {
          return failure(toErrorData(thrown))
        }
      },
      'app.disconnect': () => Promise.resolve(success({}))
    }
  }

  /** In a window that shows a remote workbench only leaving it is answered here. */
  private receiveRemote(message: Message): void {
    const request = typeof message === 'string' ? parseRequest(message) : undefined
    if (request?.ok !== true || request.value.method !== 'app.disconnect') return this.remote?.receive(message)
    const params = parseParams('app.disconnect', request.value.params)
    this.control?.postMessage(encodeResponse(request.value.id, params.ok ? success({}) : params))
    if (params.ok) setImmediate(() => this.start())
  }
}

/** Only the top frame of the window's own page may speak. */
export const isOwnPage = (event: IpcMainEvent, window: BrowserWindow, origin: string): boolean =>
  event.sender === window.webContents &&
  event.senderFrame === window.webContents.mainFrame &&
  event.senderFrame.url.startsWith(`${origin}/`)
