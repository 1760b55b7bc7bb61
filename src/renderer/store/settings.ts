import { LANGUAGES, type Language } from '../i18n/define'
import type { Slice } from './slice'

export const THEMES = ['system', 'light', 'dark', 'contrast'] as const
export type Theme = (typeof THEMES)[number]

/**
 * How the page looks and behaves. Kept in local storage, so that the first paint is right, and in the settings of the
 * workbench (store/wire.ts), so that another window finds it too.
 */
export interface Settings {
  readonly theme: Theme
  readonly language: Language
  /** Tokens at least this probable are not coloured. */
  readonly silenceAbove: number
  /** Letters alone as shortcuts (G, N …) while a grid or canvas has the focus. */
  readonly letterShortcuts: boolean
}

export interface SettingsSlice {
  readonly settings: Settings
  readonly changeSettings: (part: Partial<Settings>) => void
}

const STORAGE_KEY = 'greta.settings'

const defaultSettings = (): Settings => ({
  theme: 'system',
  language: typeof navigator !== 'undefined' && navigator.language.startsWith('es') ? 'es' : 'en',
  silenceAbove: 0.7,
  letterShortcuts: true
})

const isOneOf = <T extends string>(allowed: readonly T[], value: unknown): value is T => allowed.includes(value as T)

/** Takes what is well-formed from stored text and the defaults for the rest. */
export function readSettings(stored: string | null, defaults: Settings): Settings {
  let raw: Partial<Record<keyof Settings, unknown>> = {}
  try {
    const parsed: unknown = JSON.parse(stored ?? '{}')
    if (typeof parsed === 'object' && parsed !== null) raw = parsed
  } catch {
    return defaults
  }
  const between = (value: unknown, min: number, max: number, otherwise: number) =>
    typeof value === 'number' && value >= min && value <= max ? value : otherwise
  return {
    theme: isOneOf(THEMES, raw.theme) ? raw.theme : defaults.theme,
    language: isOneOf(LANGUAGES, raw.language) ? raw.language : defaults.language,
    silenceAbove: between(raw.silenceAbove, 0, 1, defaults.silenceAbove),
    letterShortcuts: typeof raw.letterShortcuts === 'boolean' ? raw.letterShortcuts : defaults.letterShortcuts
  }
}

const storage = (): Storage | undefined => (typeof localStorage === 'undefined' ? undefined : localStorage)

/** What local storage holds, the defaults for the rest. */
export const storedSettings = (): Settings => readSettings(storage()?.getItem(STORAGE_KEY) ?? null, defaultSettings())

export const settingsSlice: Slice<SettingsSlice> = (set) => ({
  settings: storedSettings(),
  changeSettings: (part) =>
    set((state) => {
      const settings = { ...state.settings, ...part }
      storage()?.setItem(STORAGE_KEY, JSON.stringify(settings))
      return { settings }
    })
})
