import { useStore } from '../store'
import { applyLook, prefersContrast, prefersDark } from './resolve-theme'

/** Keeps <html data-theme lang> in step with the settings and the system. Canvases listen with onThemeChange. */
export function followTheme(): void {
  const apply = () => applyLook(useStore.getState().settings)
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
