import { LANGUAGES, type Language } from '../i18n/define'
import type { Slice } from './slice'

export const THEMES = ['system', 'light', 'dark', 'contrast'] as const
export type Theme = (typeof THEMES)[number]
export const CAPTURE_LEVELS = ['off', 'logits', 'stats'] as const
export type CaptureLevel = (typeof CAPTURE_LEVELS)[number]

/** What the user chose once and expects to find again. Kept in this page's local storage. */
export interface Settings {
  readonly theme: Theme
  readonly language: Language
  readonly capture: CaptureLevel
  /** Tokens at least this probable are not coloured. */
  readonly silenceAbove: number
  /** Letters alone as shortcuts (G, N …) while a grid or canvas has the focus. */
  readonly letterShortcuts: boolean
  /** Oldest unprotected runs are removed beyond this. */
  readonly runsBoundBytes: number
}

export interface SettingsSlice {
  readonly settings: Settings
  readonly changeSettings: (part: Partial<Settings>) => void
}

const STORAGE_KEY = 'greta.settings'

const defaultSettings = (): Settings => ({
  theme: 'system',
  language: typeof navigator !== 'undefined' && navigator.language.startsWith('es') ? 'es' : 'en',
  capture: 'stats',
  silenceAbove: 0.7,
  letterShortcuts: true,
  runsBoundBytes: 2 * 1024 ** 3
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
    capture: isOneOf(CAPTURE_LEVELS, raw.capture) ? raw.capture : defaults.capture,
    silenceAbove: between(raw.silenceAbove, 0, 1, defaults.silenceAbove),
    letterShortcuts: typeof raw.letterShortcuts === 'boolean' ? raw.letterShortcuts : defaults.letterShortcuts,
    runsBoundBytes: between(raw.runsBoundBytes, 0, Number.MAX_SAFE_INTEGER, defaults.runsBoundBytes)
  }
}

const storage = (): Storage | undefined => (typeof localStorage === 'undefined' ? undefined : localStorage)

export const settingsSlice: Slice<SettingsSlice> = (set) => ({
  settings: readSettings(storage()?.getItem(STORAGE_KEY) ?? null, defaultSettings()),
  changeSettings: (part) =>
    set((state) => {
      const settings = { ...state.settings, ...part }
      storage()?.setItem(STORAGE_KEY, JSON.stringify(settings))
      return { settings }
    })
})
