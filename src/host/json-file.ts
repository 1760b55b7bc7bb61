import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import * as v from 'valibot'
import { makeFolder } from '../engine/formats/make-folder'
import { writeWhole } from '../engine/formats/write-whole'
import { toErrorData } from '../shared/errors'

/** A small JSON file that is read with a schema and written whole or not at all. */
export class JsonFile<S extends v.GenericSchema> {
  constructor(
    private readonly path: string,
    private readonly schema: S,
    private readonly log: (message: string) => void
  ) {}

  /** Undefined when it is absent, or damaged (then it is kept beside as .damaged and said so). */
  read(): v.InferOutput<S> | undefined {
    let text: string
    try {
      text = readFileSync(this.path, 'utf8')
    } catch {
      return undefined
    }
    try {
      const parsed = v.safeParse(this.schema, JSON.parse(text))
      if (parsed.success) return parsed.output
    } catch {
      // not JSON: told below
    }
    renameSync(this.path, `${this.path}.damaged`)
    this.log(`${this.path} could not be read; it was put aside as ${this.path}.damaged.`)
    return undefined
  }

  /** For what is a convenience: a disk that is full is logged, and what is going on goes on. */
  writeOrTell(value: v.InferInput<S>): void {
    try {
      this.write(value)
    } catch (thrown) {
      this.log(toErrorData(thrown).message)
    }
  }

  /** Throws GretaError 'io'. */
  write(value: v.InferInput<S>): void {
    writeWhole(this.path, (temporary) => {
      makeFolder(dirname(this.path))
      writeFileSync(temporary, JSON.stringify(value, null, 2))
    })
  }
}
