import { createWriteStream, type WriteStream } from 'node:fs'
import { open, rename, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { createGzip, type Gzip } from 'node:zlib'
import { makeFolder } from '../../engine/formats/make-folder'
import { GretaError } from '../../shared/errors'
import { systemReason } from '../../shared/system-errors'

const METADATA = 'metadata.json'
const LOGITS = 'logits.jsonl.gz'

/** The two files of a dump. They are written under other names and take their own only when both are whole. */
export class DumpFolder {
  private readonly gzip: Gzip = createGzip({ level: 6 })
  private readonly written: Promise<void>
  private failure: unknown
  private settled = false

  private constructor(
    private readonly folder: string,
    private readonly created: readonly string[],
    file: WriteStream
  ) {
    this.written = pipeline(this.gzip, file)
    this.written.catch((thrown: unknown) => {
      this.failure = thrown
    })
  }

  static async open(folder: string): Promise<DumpFolder> {
    try {
      const created = makeFolder(folder)
      const file = createWriteStream(join(folder, temporary(LOGITS)))
      await once(file, 'open')
      return new DumpFolder(folder, created, file)
    } catch (thrown) {
      throw cannotWrite(folder, thrown)
    }
  }

  async writeLine(line: string): Promise<void> {
    if (this.failure !== undefined) throw cannotWrite(this.folder, this.failure)
    if (this.gzip.write(`${line}\n`)) return
    try {
      // The pipeline's end also ends the wait: a full disk never drains.
      await Promise.race([once(this.gzip, 'drain'), this.written])
    } catch (thrown) {
      throw cannotWrite(this.folder, thrown)
    }
  }

  async publish(metadata: object): Promise<void> {
    try {
      this.gzip.end()
      await this.written
      const file = await open(join(this.folder, temporary(METADATA)), 'w')
      try {
        await file.writeFile(`${JSON.stringify(metadata, null, 2)}\n`)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(join(this.folder, temporary(LOGITS)), join(this.folder, LOGITS))
      await rename(join(this.folder, temporary(METADATA)), join(this.folder, METADATA))
      this.settled = true
    } catch (thrown) {
      throw cannotWrite(this.folder, thrown)
    }
  }

  /** Leaves nothing behind unless publish() succeeded. */
  async discard(): Promise<void> {
    if (this.settled) return
    this.settled = true
    this.gzip.destroy()
    await this.written.catch(() => undefined)
    for (const name of [LOGITS, METADATA]) await rm(join(this.folder, temporary(name)), { force: true }).catch(() => undefined)
    for (const folder of this.created.toReversed()) await rmdir(folder).catch(() => undefined)
  }
}

const temporary = (name: string): string => `.${name}.${process.pid}.part`

function cannotWrite(folder: string, thrown: unknown): GretaError {
  if (thrown instanceof GretaError) return thrown
  return new GretaError(
    'io',
    `The logits dump could not be written to ${folder}: ${systemReason(thrown)}.`,
    'Nothing was left there; choose another folder with --dump-logits.'
  )
}
