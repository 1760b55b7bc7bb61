import { CircleAlert, X } from 'lucide-react'
import { useTranslate } from '../i18n'
import { useStore } from '../store'
import { Button, IconButton } from '../ui/Button'

/**
 * Errors, until they are dismissed: in a row of their own above the status bar, so that they cover nothing. What comes and goes
 * by itself is a toast.
 */
export const Notices = () => {
  const t = useTranslate()
  const toasts = useStore((state) => state.toasts)
  const dismiss = useStore((state) => state.dismissToast)
  const errors = toasts.filter((item) => item.tone === 'danger')
  return (
    // Above dialogs, which make the rest of the page unreachable: an error may be about what was done there.
    <section aria-label={t('app.problems')} className="pointer-events-auto relative z-50 max-h-[40vh] shrink-0 overflow-y-auto">
      {errors.map((item) => (
        <div key={item.id} role="alert" className="flex items-start gap-2.5 border-t border-line bg-danger-soft px-3 py-1.5 text-sm">
          <CircleAlert aria-hidden size={15} className="mt-0.5 shrink-0 text-danger" />
          <p className="m-0 min-w-0 flex-1 self-center break-words">
            <strong className="mr-1.5 font-semibold text-danger">{item.title}</strong>
            {item.detail}
          </p>
          {item.action !== undefined && (
            <Button size="small" onClick={item.action.run}>
              {item.action.label}
            </Button>
          )}
          <IconButton size="small" icon={X} side="top" label={t('app.dismiss')} onClick={() => dismiss(item.id)} />
        </div>
      ))}
    </section>
  )
}
