import type { Settings as HostSettings } from '../../shared/protocol'
import { call } from '../bridge'
import { useStore } from './index'
import { readSettings } from './settings'

/** Keys of the free part of the workbench's settings. */
const PAGE_KEY = 'ui'
const KNOBS_KEY = 'knobs'
const SAVE_AFTER_MILLISECONDS = 600

let adopted = false
let saving: ReturnType<typeof setTimeout> | undefined

/** What the workbench remembers from the last time, once a page. */
export function adoptHostSettings(host: HostSettings): void {
  if (adopted) return
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
  adopted = true
}

/** Saves what the person changes, a moment after the last change. What was only detected (the browser's language) is not saved. */
export function followSettings(): void {
  let changed = { page: false, knobs: false }
  useStore.subscribe((state, before) => {
    if (!adopted) return
    const page = state.settings !== before.settings
    const knobs = state.sampling !== before.sampling || state.stopping !== before.stopping || state.capture !== before.capture
    if (!page && !knobs) return
    changed = { page: changed.page || page, knobs: changed.knobs || knobs }
    clearTimeout(saving)
    saving = setTimeout(saveNow, SAVE_AFTER_MILLISECONDS)
  })
  const saveNow = (): void => {
    clearTimeout(saving)
    const due = changed
    changed = { page: false, knobs: false }
    if (due.page || due.knobs) void save(due)
  }
  // A window that is closed at once keeps what was changed last.
  window.addEventListener('pagehide', saveNow)
}

async function save({ page, knobs }: { readonly page: boolean; readonly knobs: boolean }): Promise<void> {
  const { settings, sampling, stopping, capture, hostSettings } = useStore.getState()
  await call('settings.set', {
    ...(page ? { theme: settings.theme, language: settings.language } : {}),
    ...(knobs ? { generation: { sampling, stopping, capture } } : {}),
    page: {
      ...hostSettings?.page,
      ...(page ? { [PAGE_KEY]: JSON.stringify(settings) } : {}),
      ...(knobs ? { [KNOBS_KEY]: 'kept' } : {})
    }
  })
}
