import { toErrorData } from '../shared/errors'
import { type EventData, type EventName, encodeEvent, encodeResponse, type Message, parseParams, parseRequest } from '../shared/protocol'
import { failure, success } from '../shared/result'
import { type AppServices, PageSession, type WorkbenchFacts } from './page-session'
import { connectRemote, type RemoteSession } from './remote-session'
import type { Supervisor } from './supervisor'

/** Our end of a message channel whose other end the page has. */
export interface PageChannel {
  post(message: Message): void
  close(): void
}

export interface DesktopPageOptions {
  readonly supervisor: Supervisor
  readonly facts: WorkbenchFacts
  /** Gives the page a control port and listens at our end. `engineByControl`: the engine is remote and is reached by it too. */
  readonly openControl: (receive: (message: Message) => void, engineByControl: boolean) => PageChannel
  /** Gives the page a port to the engine host that runs now. */
  readonly openEngine: () => void
  readonly dialogs: Pick<AppServices, 'app.openDialog' | 'app.saveDialog'>
}

/**
 * The workbench's end of one window: a control port for as long as the page lives, an engine port for every engine host; or,
 * while it shows a remote workbench, a control port behind which everything is remote.
 */
export class DesktopPage {
  private session: PageSession | undefined
  private remote: RemoteSession | undefined
  private control: PageChannel | undefined
  private readonly stopStatus: () => void

  constructor(private readonly options: DesktopPageOptions) {
    this.stopStatus = options.supervisor.onStatus((status) => {
      if (status.state === 'ready' && this.session !== undefined) options.openEngine()
    })
  }

  /** The page listens (again, after a reload, or back from a remote workbench). */
  start(): void {
    this.leave()
    const { supervisor, facts, openControl, openEngine } = this.options
    const session = new PageSession(supervisor, facts, this.services(), (message) => this.control?.post(message), { relaysEngine: false })
    this.session = session
    this.control = openControl((message) => session.receive(message), false)
    if (supervisor.status.state === 'ready') openEngine()
  }

  tell<E extends EventName>(event: E, data: EventData<E>): void {
    this.control?.post(encodeEvent(event, data))
  }

  close(): void {
    this.stopStatus()
    this.leave()
  }

  private leave(): void {
    this.session?.close()
    this.remote?.close()
    this.control?.close()
    this.session = this.remote = this.control = undefined
  }

  private services(): AppServices {
    return {
      ...this.options.dialogs,
      'app.connect': async ({ url, token }) => {
        try {
          const { session, location } = await connectRemote(
            url,
            token,
            (message) => this.control?.post(message),
            () => this.start()
          )
          // After this answer has gone: the page gets a new control port, behind which everything is remote.
          setImmediate(() => this.showRemote(session))
          return success({ location })
        } catch (thrown) {
          return failure(toErrorData(thrown))
        }
      },
      'app.disconnect': () => Promise.resolve(success({}))
    }
  }

  private showRemote(session: RemoteSession): void {
    this.leave()
    this.remote = session
    this.control = this.options.openControl((message) => this.receiveRemote(session, message), true)
  }

  /** In a window that shows a remote workbench only leaving it is answered here. */
  private receiveRemote(session: RemoteSession, message: Message): void {
    const request = typeof message === 'string' ? parseRequest(message) : undefined
    if (request?.ok !== true || request.value.method !== 'app.disconnect') return session.receive(message)
    const params = parseParams('app.disconnect', request.value.params)
    this.control?.post(encodeResponse(request.value.id, params.ok ? success({}) : params))
    if (params.ok) setImmediate(() => this.start())
  }
}
