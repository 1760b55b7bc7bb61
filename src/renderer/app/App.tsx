import { Suspense, useEffect } from 'react'
import { useTranslate } from '../i18n'
import { useStore } from '../store'
import { type Slot, slot } from '../ui/slot'
import { ToastStack } from '../ui/Toast'
import { TooltipProvider } from '../ui/Tooltip'
import { GLOBAL_COMMANDS } from './commands'
import { Shell } from './Shell'
import { dispatchKey, listCommands, registerCommands } from './shortcuts'
import { VIEWS } from './views'

// Overlays are loaded when they are first asked for, or before in a quiet moment: the first paint needs none of them.
const CommandPalette = slot(async () => (await import('./CommandPalette')).CommandPalette)
const HelpSheet = slot(async () => (await import('./HelpSheet')).HelpSheet)
const SettingsDialog = slot(async () => (await import('../features/settings/SettingsDialog')).SettingsDialog)
const LogitsDrawer = slot(async () => {
  const { LogitsDrawer: Drawer, warmUp } = await import('../features/logits/LogitsDrawer')
  requestIdleCallback(() => warmUp())
  return Drawer
})

const LATER: readonly Slot[] = [
  ...VIEWS.flatMap(({ Panel, Inspector, Dock }) => [Panel, Inspector, Dock]).filter((part) => part !== undefined),
  CommandPalette,
  SettingsDialog,
  HelpSheet
]
/** Loading code takes the page for moments: not while somebody is about to begin. */
const QUIET_MILLISECONDS = 1500

/** Loads the rest of the page bit by bit while nothing is generated: a view that is opened then shows itself, not that it is being loaded. */
function usePreloading(): void {
  const ready = useStore((state) => state.model !== undefined)
  const quiet = useStore((state) => state.model !== undefined && state.live === undefined)
  // What a chosen token leads to is likely to be asked for first.
  useEffect(() => {
    if (ready) requestIdleCallback(() => void LogitsDrawer.preload())
  }, [ready])
  useEffect(() => {
    if (!quiet) return undefined
    let next = 0
    let idle = 0
    const step = (): void => {
      const part = LATER[next]
      next += 1
      if (part !== undefined) void part.preload().then(wait)
    }
    const wait = (): void => {
      idle = requestIdleCallback(step)
    }
    const timer = setTimeout(wait, QUIET_MILLISECONDS)
    return () => {
      next = LATER.length
      clearTimeout(timer)
      cancelIdleCallback(idle)
    }
  }, [quiet])
}

const Overlays = () => {
  const overlay = useStore((state) => state.overlay)
  usePreloading()
  return (
    <Suspense fallback={null}>
      {overlay === 'palette' && <CommandPalette />}
      {overlay === 'help' && <HelpSheet />}
      {overlay === 'settings' && <SettingsDialog />}
      {overlay === 'logits' && <LogitsDrawer />}
    </Suspense>
  )
}

const LiveRegion = () => {
  const { text, count } = useStore((state) => state.announcement)
  return (
    <div aria-live="polite" className="sr-only" data-testid="live-region">
      <span key={count}>{text}</span>
    </div>
  )
}

const Toasts = () => {
  const t = useTranslate()
  const items = useStore((state) => state.toasts)
  const dismiss = useStore((state) => state.dismissToast)
  return (
    <ToastStack
      items={items.filter((item) => item.tone !== 'danger')}
      label={t('app.notifications')}
      dismissLabel={t('app.dismiss')}
      onDismiss={dismiss}
    />
  )
}

/** Carries out what a menu of the desktop app asks for: menu items are named like commands. */
const MenuCommands = () => {
  const { command, count } = useStore((state) => state.menuCommand)
  useEffect(() => {
    if (count > 0)
      listCommands()
        .find((candidate) => candidate.id === command)
        ?.run()
  }, [command, count])
  return null
}

export const App = () => {
  useEffect(() => {
    const unregister = registerCommands(GLOBAL_COMMANDS)
    window.addEventListener('keydown', dispatchKey)
    return () => {
      unregister()
      window.removeEventListener('keydown', dispatchKey)
    }
  }, [])
  return (
    <TooltipProvider>
      <Shell />
      <Overlays />
      <Toasts />
      <LiveRegion />
      <MenuCommands />
    </TooltipProvider>
  )
}
