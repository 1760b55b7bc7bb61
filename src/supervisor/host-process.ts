import { fork } from 'node:child_process'
import type { ToHost } from '../shared/protocol'

/** A running engine host as its supervisor needs it: Node's child process and Electron's utility process both fit. */
export interface HostProcess {
  send(message: ToHost): void
  onMessage(listener: (message: unknown) => void): void
  /** Called once. A crash has a signal or a non-zero code. */
  onExit(listener: (code: number | null, signal: string | null) => void): void
  /** Ends it without asking. */
  kill(): void
}

/** Starts the engine host as a child process of Node (`greta serve`). Its log lines go to our standard error. */
export function forkHost(script: string): HostProcess {
  const child = fork(script, [], { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  let gone = false
  child.on('error', () => {
    // Sending to a child that is ending: its exit event tells everything.
  })
  return {
    send(message) {
      if (!gone && child.connected) child.send(message)
    },
    onMessage(listener) {
      child.on('message', listener)
    },
    onExit(listener) {
      child.on('exit', (code, signal) => {
        gone = true
        listener(code, signal)
      })
    },
    kill() {
      child.kill('SIGKILL')
    }
  }
}
