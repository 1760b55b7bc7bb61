import { useStore } from '../store'

/** Below these sizes the main area needs the room (a 1280 × 800 window at 200 % zoom); the status bar opens the panels by hand. */
const WIDE = '(min-width: 1000px)'
const TALL = '(min-height: 520px)'

/** Closes inspector and dock when the window becomes small, and opens them when it is large again. */
export function followWindowSize(): void {
  const wide = window.matchMedia(WIDE)
  const tall = window.matchMedia(TALL)
  const { setInspectorOpen, setDockOpen } = useStore.getState()
  wide.addEventListener('change', () => setInspectorOpen(wide.matches))
  tall.addEventListener('change', () => setDockOpen(tall.matches))
  setInspectorOpen(wide.matches)
  setDockOpen(tall.matches)
}
