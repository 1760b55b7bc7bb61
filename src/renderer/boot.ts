/**
 * The first code of the page, and the only one before its first paint: it gives the shell of index.html its theme and
 * language, and loads the workbench when that shell is on the screen.
 */
import { applyLook } from './app/resolve-theme'
import { storedSettings } from './store/settings'

const TEXTS = {
  starting: { en: 'Starting…', es: 'Iniciando…' },
  failed: {
    en: 'The workbench could not be loaded. Is it still running? Reload to try again.',
    es: 'No se pudo cargar el programa. ¿Sigue en marcha? Recargue la página para intentarlo de nuevo.'
  }
} as const

const settings = storedSettings()
const say = (text: keyof typeof TEXTS): void => {
  const place = document.getElementById('boot-text')
  if (place !== null) place.textContent = TEXTS[text][settings.language]
}
const load = (): void => {
  import('./main').catch((thrown: unknown) => {
    console.error(thrown)
    say('failed')
  })
  // The view that is shown first: asked for now, not when the workbench comes to draw it.
  void import('./features/play/Panel')
}

applyLook(settings)
say('starting')
// A hidden page has no frames to wait for.
if (document.hidden) load()
else requestAnimationFrame(() => setTimeout(load))
