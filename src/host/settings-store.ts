import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import * as v from 'valibot'
import {
  DEFAULT_SETTINGS,
  type RecentModel,
  type Settings,
  type SettingsPatch,
  settingsPatchSchema,
  settingsSchema
} from '../shared/protocol'
import { JsonFile } from './json-file'
import { statEntry } from './stat-entry'

const storedSchema = v.record(v.string(), v.unknown())

/** The person's settings. A part that an older or newer version wrote differently falls back to its default alone. */
export class SettingsStore {
  private readonly file: JsonFile<typeof storedSchema>
  private current: Settings

  constructor(dataFolder: string, log: (message: string) => void) {
    this.file = new JsonFile(join(dataFolder, 'settings.json'), storedSchema, log)
    const stored = this.file.read() ?? {}
    const accepted = Object.fromEntries(
      Object.entries(stored).filter(
        ([key, value]) => v.safeParse(settingsPatchSchema, { [key]: value }).success && key in settingsSchema.entries
      )
    )
    this.current = merged(DEFAULT_SETTINGS, accepted as SettingsPatch)
  }

  get value(): Settings {
    return this.current
  }

  set(patch: SettingsPatch): Settings {
    const next = merged(this.current, patch)
    this.file.write(next as unknown as Record<string, unknown>)
    this.current = next
    return next
  }
}

const merged = (settings: Settings, patch: SettingsPatch): Settings => ({
  ...settings,
  ...(Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as Partial<Settings>)
})

const recentSchema = v.array(v.object({ path: v.string(), openedAt: v.string() }))
const MOST_RECENTS = 20

/** Models that were opened, newest first; the bundled one is always among them. */
export class RecentModels {
  private readonly file: JsonFile<typeof recentSchema>
  private recents: readonly { readonly path: string; readonly openedAt: string }[]

  constructor(
    dataFolder: string,
    private readonly bundledModel: string | undefined,
    log: (message: string) => void
  ) {
    this.file = new JsonFile(join(dataFolder, 'recent-models.json'), recentSchema, log)
    this.recents = this.file.read() ?? []
  }

  get lastPath(): string | undefined {
    return this.recents.find((recent) => existsSync(recent.path))?.path
  }

  add(path: string): void {
    this.recents = [{ path, openedAt: new Date().toISOString() }, ...this.recents.filter((recent) => recent.path !== path)].slice(
      0,
      MOST_RECENTS
    )
    // The model is loaded all the same.
    this.file.writeOrTell([...this.recents])
  }

  forget(path: string): void {
    this.recents = this.recents.filter((recent) => recent.path !== path)
    this.file.write([...this.recents])
  }

  list(): readonly RecentModel[] {
    const all = [...this.recents]
    const { bundledModel } = this
    if (bundledModel !== undefined && !all.some((recent) => recent.path === bundledModel)) all.push({ path: bundledModel, openedAt: '' })
    return all.map(({ path, openedAt }) => {
      const entry = statEntry(path)
      return {
        path,
        fileName: basename(path),
        openedAt,
        sizeBytes: entry?.size ?? 0,
        exists: entry !== undefined,
        bundled: path === bundledModel
      }
    })
  }
}
