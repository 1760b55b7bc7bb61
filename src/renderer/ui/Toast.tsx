import { CircleAlert, CircleCheck, Info, X } from 'lucide-react'
import { cx } from './classes'

export type ToastTone = 'info' | 'ok' | 'danger'

export interface ToastItem {
  readonly id: number
  readonly tone: ToastTone
  readonly title: string
  readonly detail?: string | undefined
  readonly action?: { readonly label: string; readonly run: () => void } | undefined
}

const ICONS = { info: Info, ok: CircleCheck, danger: CircleAlert }
const COLOURS = { info: 'text-accent', ok: 'text-ok', danger: 'text-danger' }

/** Messages that come and go by themselves. */
export const ToastStack = ({
  items,
  label,
  dismissLabel,
  onDismiss
}: {
  readonly items: readonly ToastItem[]
  readonly label: string
  readonly dismissLabel: string
  readonly onDismiss: (id: number) => void
}) => (
  <section aria-label={label} className="pointer-events-none fixed right-3 bottom-9 z-50 flex w-88 max-w-[calc(100vw-2rem)] flex-col gap-2">
    {items.map((item) => {
      const Icon = ICONS[item.tone]
      return (
        <div
          key={item.id}
          role="status"
          className="pointer-events-auto flex animate-appear items-start gap-2.5 rounded-lg border border-line bg-raised p-3 shadow-[var(--shadow)]"
        >
          <Icon aria-hidden size={16} className={cx('mt-0.5 shrink-0', COLOURS[item.tone])} />
          <div className="min-w-0 flex-1">
            <p className="font-medium">{item.title}</p>
            {item.detail !== undefined && <p className="text-sm break-words text-muted">{item.detail}</p>}
            {item.action !== undefined && (
              <button type="button" onClick={item.action.run} className="mt-1 rounded text-sm font-medium text-accent hover:underline">
                {item.action.label}
              </button>
            )}
          </div>
          <button
            type="button"
            aria-label={dismissLabel}
            onClick={() => onDismiss(item.id)}
            className="rounded p-0.5 text-faint hover:text-text"
          >
            <X aria-hidden size={14} />
          </button>
        </div>
      )
    })}
  </section>
)
