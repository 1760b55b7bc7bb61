import { systemReason } from '../shared/system-errors'
import { EXIT, type Surroundings } from './program'

/** This process as a verb sees it. `exitCode` is what the process ends with when a verb came to its own end. */
export interface ProcessSurroundings extends Surroundings {
  exitCode(ofVerb: number): number
}

export function processSurroundings(program: string, appRoot: string): ProcessSurroundings {
  const interrupts = new Set<() => void>()
  let signals = 0
  /** Set when nobody can read the results any more: what the process ends with. */
  let lostOutput: number | undefined

  const interrupt = (): void => {
    for (const callback of interrupts) callback()
  }
  const onSignal = (): void => {
    signals += 1
    if (signals > 1) process.exit(EXIT.interrupted)
    interrupt()
  }
  // The work behind an output that is gone ends as with Ctrl-C: what it began to write elsewhere is removed.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    const { code } = error
    if (lostOutput !== undefined) return
    // A reader that goes away (`greta inspect | head`) is not an error.
    lostOutput = code === 'EPIPE' ? EXIT.ok : EXIT.failed
    if (code !== 'EPIPE') process.stderr.write(`${program}: Standard output cannot be written: ${systemReason(error)}.\n`)
    if (interrupts.size === 0) process.exit(lostOutput)
    interrupt()
  })
  // There is nobody left to tell.
  process.stderr.on('error', () => undefined)

  return {
    program,
    appRoot,
    environment: process.env,
    out: (text) => {
      if (lostOutput === undefined) process.stdout.write(text)
    },
    err: (text) => {
      if (lostOutput === undefined) process.stderr.write(text)
    },
    outIsTerminal: process.stdout.isTTY,
    errIsTerminal: process.stderr.isTTY,
    onInterrupt(callback) {
      if (interrupts.size === 0) for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal)
      interrupts.add(callback)
      return () => {
        interrupts.delete(callback)
        if (interrupts.size > 0) return
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal)
        signals = 0
      }
    },
    exitCode: (ofVerb) => lostOutput ?? ofVerb
  }
}
