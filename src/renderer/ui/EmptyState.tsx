import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

interface EmptyStateProps {
  readonly icon: LucideIcon
  readonly title: string
  /** The actual cause, and what leads out of it. */
  readonly children?: ReactNode
  readonly actions?: ReactNode
}

export const EmptyState = ({ icon: Icon, title, children, actions }: EmptyStateProps) => (
  <div className="grid h-full place-items-center p-8">
    <div className="flex max-w-md flex-col items-center gap-3 text-center">
      <span className="grid size-11 place-items-center rounded-xl border border-line bg-sunken text-faint">
        <Icon aria-hidden size={20} strokeWidth={1.75} />
      </span>
      <h2 className="text-lg font-semibold">{title}</h2>
      {children !== undefined && <div className="text-muted">{children}</div>}
      {actions !== undefined && <div className="flex flex-wrap justify-center gap-2 pt-1">{actions}</div>}
    </div>
  </div>
)
