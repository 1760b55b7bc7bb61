import type { Settings } from '../store/settings'

export const prefersDark = () => window.matchMedia('(prefers-color-scheme: dark)')
export const prefersContrast = () => window.matchMedia('(prefers-contrast: more)')

export function resolveTheme(theme: Settings['theme'], dark: boolean, contrast: boolean): Exclude<Settings['theme'], 'system'> {
  if (theme !== 'system') return theme
  if (contrast) return 'contrast'
  return dark ? 'dark' : 'light'
}

/** Writes theme and language to <html>, where the style sheets and the canvases look for them. */
export function applyLook({ theme, language }: Pick<Settings, 'theme' | 'language'>): void {
  document.documentElement.dataset['theme'] = resolveTheme(theme, prefersDark().matches, prefersContrast().matches)
  document.documentElement.lang = language
}
