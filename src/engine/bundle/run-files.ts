import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { runRowSchema, type RunRow } from '../../shared/protocol'
import { makeFolder } from '../formats/make-folder'
import { writeWhole } from '../formats/write-whole'

/** What the library knows of a run without opening it. A small file beside the bundle, which itself never changes. */
const cardSchema = v.object({
  row: runRowSchema,
  notes: v.string(),
  /** Prompt and text in lower case, cut. */
  searchText: v.string()
})
export interface RunCard {
  readonly row: RunRow
  readonly notes: string
  readonly searchText: string
}

const SEARCH_TEXT_CHARACTERS = 64 * 1024
export const searchTextOf = (prompt: string, text: string): string => `${prompt}\n${text}`.slice(0, SEARCH_TEXT_CHARACTERS).toLowerCase()

/** Names and small files of the runs folder: `<id>.greta`, `<id>.json` (card), `<id>.journal` while a run is generated. */
export class RunFiles {
  constructor(readonly folder: string) {
    makeFolder(folder)
  }

  bundle(id: string): string {
    return join(this.folder, `${id}.greta`)
  }

  /** The process that writes a journal is in its name: another process leaves it alone while that one lives. */
  journal(id: string, processId: number = process.pid): string {
    return join(this.folder, `${id}.${processId}.journal`)
  }

  journals(): readonly { readonly id: string; readonly processId: number; readonly path: string }[] {
    return readdirSync(this.folder).flatMap((name) => {
      const match = /^([\w-]+)\.(\d+)\.journal$/.exec(name)
      return match === null ? [] : [{ id: match[1] as string, processId: Number(match[2]), path: join(this.folder, name) }]
    })
  }

  bundleIds(): readonly string[] {
    return readdirSync(this.folder).flatMap((name) => /^([0-9a-zA-Z][\w-]{0,63})\.greta$/.exec(name)?.[1] ?? [])
  }

  readCard(id: string): RunCard | undefined {
    try {
      const parsed = v.safeParse(cardSchema, JSON.parse(readFileSync(join(this.folder, `${id}.json`), 'utf8')))
      return parsed.success && parsed.output.row.id === id ? parsed.output : undefined
    } catch {
      return undefined // absent or damaged: the caller makes it again from the bundle
    }
  }

  writeCard(card: RunCard): void {
    writeWhole(join(this.folder, `${card.row.id}.json`), (temporary) => writeFileSync(temporary, JSON.stringify(card)))
  }

  remove(id: string): void {
    rmSync(this.bundle(id), { force: true })
    rmSync(join(this.folder, `${id}.json`), { force: true })
  }

  sizeOf(id: string): number {
    return statSync(this.bundle(id), { throwIfNoEntry: false })?.size ?? 0
  }

  exists(id: string): boolean {
    return existsSync(this.bundle(id))
  }
}

export function processIsAlive(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}
