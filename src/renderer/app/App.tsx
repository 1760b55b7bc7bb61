import { useEffect } from 'react'
import { useTranslate } from '../i18n'
import { useStore } from '../store'
import { ToastStack } from '../ui/Toast'
import { TooltipProvider } from '../ui/Tooltip'
import { Shell } from './Shell'
import { dispatchKey } from './shortcuts'

const LiveRegion = () => {
  const { text, count } = useStore((state) => state.announcement)
  return (
    <div aria-live="polite" className="sr-only">
      <span key={count}>{text}</span>
    </div>
  )
}

const Toasts = () => {
  const t = useTranslate()
  const items = useStore((state) => state.toasts)
  const dismiss = useStore((state) => state.dismissToast)
  return <ToastStack items={items} label={t('app.notifications')} dismissLabel={t('app.dismiss')} onDismiss={dismiss} />
}

export const App = () => {
  useEffect(() => {
    window.addEventListener('keydown', dispatchKey)
    return () => window.removeEventListener('keydown', dispatchKey)
  }, [])
  return (
    <TooltipProvider>
      <Shell />
      <Toasts />
      <LiveRegion />
    </TooltipProvider>
  )
}
