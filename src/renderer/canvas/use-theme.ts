import { useSyncExternalStore } from 'react'
import type { Theme } from './palette'

const subscribe = (changed: () => void): (() => void) => {
  const observer = new MutationObserver(changed)
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
  return () => observer.disconnect()
}

const read = (): Theme => {
  const theme = document.documentElement.dataset['theme']
  return theme === 'dark' || theme === 'contrast' ? theme : 'light'
}

/** The theme that canvases paint with: what app/theme.ts resolved. */
export const useCanvasTheme = (): Theme => useSyncExternalStore(subscribe, read)
