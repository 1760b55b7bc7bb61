import { onDeviceLost } from '../engine/native'
import { GretaError, toErrorData } from '../shared/errors'
import type { EngineActivity, HostConfiguration, Message, ToHost } from '../shared/protocol'
import { ALIVE_INTERVAL_MILLISECONDS } from '../shared/protocol/link'
import { realEngine } from './engine-door'
import { EngineHost } from './engine-host'
import { isMessage, openLink } from './link'
import { HostLog } from './log'
import { openDataFolder } from './open-data-folder'

/** The engine host process. It is started by a supervisor and ends with it. Its log goes to standard error and to a file, as JSON lines. */
const logger = new HostLog()
const log = (message: string): void => logger.warn(message)
const link = openLink(log)

let activity: EngineActivity = { kind: 'loading', description: 'starting' }
const setActivity = (next: EngineActivity): void => {
  const changed = next.kind !== activity.kind || next.description !== activity.description
  activity = next
  if (changed) link.send({ kind: 'alive', activity })
}
setInterval(() => link.send({ kind: 'alive', activity }), ALIVE_INTERVAL_MILLISECONDS).unref()

type Connection = ReturnType<EngineHost['connect']>
const connections = new Map<number, Connection>()
let host: Promise<EngineHost> | undefined

function configure(message: Extract<ToHost, { kind: 'configure' }>): void {
  host ??= createHost(message.configuration)
  host.then(
    (ready) => {
      setActivity({ kind: 'idle', description: 'waiting' })
      link.send({ kind: 'ready', processId: process.pid })
      void ready.loadFirstModel()
    },
    (thrown: unknown) => {
      // Nothing works without the engine; the supervisor tells people why.
      const { message: sentence, hint } = toErrorData(thrown)
      link.send({ kind: 'fatal', message: hint === undefined ? sentence : `${sentence} ${hint}` })
      log(thrown instanceof Error && !(thrown instanceof GretaError) ? (thrown.stack ?? thrown.message) : sentence)
      setTimeout(() => process.exit(1), 100)
    }
  )
}

/** A host that could not be made is told of once, in configure(). */
function whenReady(use: (ready: EngineHost) => unknown): void {
  host?.then(use, () => undefined)
}

async function createHost(configuration: HostConfiguration): Promise<EngineHost> {
  openDataFolder(configuration.dataFolder)
  logger.openFile(configuration.dataFolder)
  return EngineHost.create({
    configuration,
    engine: realEngine(configuration.appRoot, configuration.appVersion),
    onActivity: setActivity,
    onRemember: (load) => link.send({ kind: 'loaded', load }),
    log
  })
}

async function end(): Promise<void> {
  setTimeout(() => process.exit(0), 2500).unref() // the supervisor would kill us soon after
  const ready = await host?.catch(() => undefined)
  await ready?.close()
  process.exit(0)
}

function receive(message: ToHost): void {
  switch (message.kind) {
    case 'configure':
      return configure(message)
    case 'open': {
      const { client } = message
      whenReady((ready) =>
        connections.set(
          client,
          ready.connect((data) => link.send({ kind: 'message', client, data }))
        )
      )
      return
    }
    case 'message': {
      const { client, data } = message
      whenReady(() => connections.get(client)?.receive(data))
      return
    }
    case 'close':
      whenReady(() => {
        connections.get(message.client)?.close()
        connections.delete(message.client)
      })
      return
    case 'shutdown':
      void end()
  }
}

link.listen({
  onMessage: receive,
  onPort(port) {
    whenReady((ready) => {
      const connection = ready.connect((data: Message) => port.postMessage(data))
      port.on('message', ({ data }) => {
        if (isMessage(data)) connection.receive(data)
      })
      port.on('close', () => connection.close())
      port.start()
    })
  },
  onGone: () => void end()
})

// A dead device stays dead for this process: the supervisor starts another and loads the model again.
onDeviceLost((message) => {
  link.send({ kind: 'fatal', message })
  logger.fatal(message)
  // The answer that carries the error, and the run as far as it came, are on their way.
  setTimeout(() => process.exit(1), 500)
})

for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (thrown: unknown) => {
    link.send({ kind: 'fatal', message: `The engine process met a bug: ${thrown instanceof Error ? thrown.message : String(thrown)}` })
    logger.fatal(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown))
    setTimeout(() => process.exit(70), 100)
  })
// Ctrl-C reaches the whole terminal group: the supervisor decides when this process ends.
process.on('SIGINT', () => undefined)
