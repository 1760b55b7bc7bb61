import { lazy, Suspense, useEffect } from 'react'
import { useTranslate } from '../i18n'
import { useStore } from '../store'
import { ToastStack } from '../ui/Toast'
import { TooltipProvider } from '../ui/Tooltip'
import { GLOBAL_COMMANDS } from './commands'
import { Shell } from './Shell'
import { dispatchKey, listCommands, registerCommands } from './shortcuts'

// Overlays are loaded when they are first asked for: the first paint needs none of them.
const CommandPalette = lazy(async () => ({ default: (await import('./CommandPalette')).CommandPalette }))
const HelpSheet = lazy(async () => ({ default: (await import('./HelpSheet')).HelpSheet }))
const SettingsDialog = lazy(async () => ({ default: (await import('../features/settings/SettingsDialog')).SettingsDialog }))
const loadLogits = async () => ({ default: (await import('../features/logits/LogitsDrawer')).LogitsDrawer })
const LogitsDrawer = lazy(loadLogits)

const Overlays = () => {
  const overlay = useStore((state) => state.overlay)
  const choosing = useStore((state) => state.cursor.token !== undefined)
  const ready = useStore((state) => state.model !== undefined)
  // Loaded in a quiet moment, at the latest when a token is chosen: its logits are likely to be asked for next.
  useEffect(() => {
    if (choosing || ready) requestIdleCallback(() => void loadLogits())
  }, [choosing, ready])
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
