import { join } from 'node:path'
import { app, type MessagePortMain, utilityProcess } from 'electron'
import type { HostProcess } from '../supervisor/host-process'

export interface EngineProcess extends HostProcess {
  /** Gives the engine a page's own port. */
  sendPort(port: MessagePortMain): void
}

/** The engine host as a utility process: a fault in it costs a restart, not the window. */
export function startEngineProcess(): EngineProcess {
  const packed = app.isPackaged ? { GRETA_NATIVE_DIR: join(process.resourcesPath, 'native') } : {}
  const child = utilityProcess.fork(join(app.getAppPath(), 'out/main/host.js'), [], {
    serviceName: 'GRETA engine',
    stdio: 'inherit',
    env: { ...process.env, ...packed }
  })
  return {
    send: (message) => child.postMessage(message),
    sendPort: (port) => child.postMessage({ kind: 'port' }, [port]),
    onMessage: (listener) => void child.on('message', listener),
    // Electron reports no signal; a crash has a code that is not 0.
    onExit: (listener) => void child.on('exit', (code) => listener(code, null)),
    kill: () => void child.kill()
  }
}
