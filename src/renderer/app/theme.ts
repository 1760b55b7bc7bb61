import type { Theme } from '../store'
import { useStore } from '../store'

const prefersDark = () => window.matchMedia('(prefers-color-scheme: dark)')
const prefersContrast = () => window.matchMedia('(prefers-contrast: more)')

export function resolveTheme(theme: Theme, dark: boolean, contrast: boolean): Exclude<Theme, 'system'> {
  if (theme !== 'system') return theme
  if (contrast) return 'contrast'
  return dark ? 'dark' : 'light'
}

/** Keeps <html data-theme lang> in step with the settings and the system. Canvases listen with onThemeChange. */
export function followTheme(): void {
  const apply = () => {
    const { theme, language } = useStore.getState().settings
    document.documentElement.dataset['theme'] = resolveTheme(theme, prefersDark().matches, prefersContrast().matches)
    document.documentElement.lang = language
  }
  prefersDark().addEventListener('change', apply)
  prefersContrast().addEventListener('change', apply)
  useStore.subscribe((state, previous) => {
    if (state.settings !== previous.settings) apply()
  })
  apply()
}

/** Calls back after the colours on :root changed. Returns the function that stops it. */
export function onThemeChange(callback: () => void): () => void {
  const observer = new MutationObserver(callback)
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
  return () => observer.disconnect()
}
