import { renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'

const LARGEST_LOG_BYTES = 4 * 1024 * 1024
const NAME = 'greta-host'

interface LineSink {
  write(line: string): unknown
}

/** A log that cannot be written (a full disk, a terminal that is gone) must not end what it is about. */
export const forgiving = (sink: LineSink): LineSink => ({
  write(line) {
    try {
      sink.write(line)
    } catch {
      // Nobody can be told: this was the telling.
    }
  }
})

/** JSON lines on standard error and, once openFile() was called, in a file. */
export class HostLog {
  private readonly level = process.env['GRETA_LOG'] ?? 'warn'
  private readonly standardError = forgiving(pino.destination({ fd: 2, sync: true }))
  private logger = pino({ name: NAME, level: this.level }, this.standardError)

  /** `host.log` in the data folder: what happened before a crash is there when the window is gone. One older file is kept. */
  openFile(dataFolder: string): void {
    const path = join(dataFolder, 'host.log')
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LARGEST_LOG_BYTES) renameSync(path, `${path}.1`)
    const file = forgiving(pino.destination({ dest: path, sync: true }))
    const { level } = this
    const streams = [this.standardError, file].map((stream) => ({ stream, level }))
    this.logger = pino({ name: NAME, level }, pino.multistream(streams as { stream: pino.DestinationStream; level: pino.Level }[]))
  }

  warn(message: string): void {
    this.logger.warn(message)
  }

  fatal(message: string): void {
    this.logger.fatal(message)
  }
}
