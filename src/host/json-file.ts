import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import * as v from 'valibot'
import { makeFolder } from '../engine/formats/make-folder'

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

  write(value: v.InferInput<S>): void {
    makeFolder(dirname(this.path))
    const temporary = `${this.path}.${process.pid}.part`
    try {
      writeFileSync(temporary, JSON.stringify(value, null, 2))
      renameSync(temporary, this.path)
    } catch (thrown) {
      rmSync(temporary, { force: true })
      throw thrown
    }
  }
}
