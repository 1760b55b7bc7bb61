import * as v from 'valibot'
import { generationSettingsSchema } from './generation'
import { LIMITS } from './limits'
import { loadOptionsSchema } from './model'
import { DEFAULT_CAPTURE, DEFAULT_SAMPLING_MESSAGE, DEFAULT_STOPPING, samplingSchema } from './sampling'
import { count, type Value } from './schemas'

export const presetSchema = v.object({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(LIMITS.nameCharacters)),
  sampling: samplingSchema
})
export type Preset = Value<typeof presetSchema>

/** What survives a restart of the app. One JSON file, written whole or not at all. */
export const settingsSchema = v.object({
  theme: v.picklist(['system', 'light', 'dark', 'contrast']),
  language: v.picklist(['system', 'en', 'es']),
  /** A fault is planted once, never by default. */
  generation: v.omit(generationSettingsSchema, ['fault']),
  presets: v.pipe(v.array(presetSchema), v.maxLength(100)),
  load: loadOptionsSchema,
  /** Load the last model when the app starts. */
  reopenLastModel: v.boolean(),
  runsBoundBytes: v.pipe(count, v.minValue(1024 * 1024)),
  /** Free for the page: panel sizes, last view … Small JSON by key. */
  page: v.record(v.pipe(v.string(), v.maxLength(100)), v.pipe(v.string(), v.maxLength(64 * 1024)))
})
export type Settings = Value<typeof settingsSchema>
export const settingsPatchSchema = v.partial(settingsSchema)
export type SettingsPatch = Value<typeof settingsPatchSchema>

export const DEFAULT_SETTINGS: Settings = {
  theme: 'system',
  language: 'system',
  generation: { sampling: DEFAULT_SAMPLING_MESSAGE, stopping: DEFAULT_STOPPING, capture: DEFAULT_CAPTURE },
  presets: [],
  load: {},
  reopenLastModel: true,
  runsBoundBytes: 2 * 1024 * 1024 * 1024,
  page: {}
}
