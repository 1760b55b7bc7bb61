import type { Settings as HostSettings } from '../../shared/protocol'
import { call } from '../bridge'
import { useStore } from './index'
import { readSettings, type Settings } from './settings'

/** Keys of the free part of the workbench's settings. */
const PAGE_KEY = 'ui'
const KNOBS_KEY = 'knobs'
const SAVE_AFTER_MILLISECONDS = 600

let adopted = false
let saving: ReturnType<typeof setTimeout> | undefined

/** What the workbench remembers from the last time, once a page. */
export function adoptHostSettings(host: HostSettings): void {
  if (adopted) return
  adopted = true
  const { settings, changeSettings, changeSampling, changeStopping, changeCapture } = useStore.getState()
  const page = host.page[PAGE_KEY]
  if (page !== undefined) {
    const stored = readSettings(page, settings)
    changeSettings({
      ...stored,
      theme: host.theme,
      ...(host.language === 'system' ? {} : { language: host.language })
    })
  }
  if (host.page[KNOBS_KEY] !== undefined) {
    changeSampling(host.generation.sampling)
    changeStopping(host.generation.stopping)
    changeCapture(host.generation.capture)
  }
}

/** Saves what the person changes, a moment after the last change. */
export function followSettings(): void {
  let last: Settings = useStore.getState().settings
  useStore.subscribe((state, before) => {
    const knobsChanged = state.sampling !== before.sampling || state.stopping !== before.stopping || state.capture !== before.capture
    if (!adopted || (state.settings === last && !knobsChanged)) return
    last = state.settings
    clearTimeout(saving)
    saving = setTimeout(() => void save(), SAVE_AFTER_MILLISECONDS)
  })
}

async function save(): Promise<void> {
  const { settings, sampling, stopping, capture, hostSettings } = useStore.getState()
  await call('settings.set', {
    theme: settings.theme,
    language: settings.language,
    generation: { sampling, stopping, capture },
    page: { ...hostSettings?.page, [PAGE_KEY]: JSON.stringify(settings), [KNOBS_KEY]: 'kept' }
  })
}
