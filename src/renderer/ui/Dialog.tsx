import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { cx } from './classes'
import { useReturnFocus } from './return-focus'

interface DialogProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  readonly title: string
  readonly description?: string
  readonly closeLabel: string
  readonly children: ReactNode
  readonly footer?: ReactNode
  readonly className?: string
  /** 'drawer' comes from the right and leaves the page visible. */
  readonly shape?: 'dialog' | 'drawer'
}

const DialogBody = ({
  title,
  description,
  closeLabel,
  children,
  footer,
  className,
  shape = 'dialog'
}: Omit<DialogProps, 'open' | 'onOpenChange'>) => (
  <Radix.Content
    onCloseAutoFocus={useReturnFocus()}
    {...(description === undefined ? { 'aria-describedby': undefined } : {})}
    className={cx(
      'fixed z-40 flex flex-col border border-line bg-raised shadow-[var(--shadow)]',
      shape === 'dialog'
        ? 'animate-appear top-[12vh] left-1/2 max-h-[78vh] w-[min(36rem,calc(100vw-2rem))] -translate-x-1/2 rounded-xl'
        : // Without an animation: it covers most of the window, and what it shows is wanted now.
          'inset-y-0 right-0 w-[min(66rem,calc(100vw-4.5rem))]',
      className
    )}
  >
    <header className="flex shrink-0 items-start gap-3 border-b border-line px-4 py-3">
      <div className="min-w-0 flex-1">
        <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
        {description !== undefined && <Radix.Description className="text-sm text-muted">{description}</Radix.Description>}
      </div>
      <Radix.Close
        aria-label={closeLabel}
        className="grid size-7 shrink-0 place-items-center rounded-md text-muted hover:bg-hover hover:text-text"
      >
        <X aria-hidden size={15} />
      </Radix.Close>
    </header>
    <div className="min-h-0 flex-1 overflow-auto p-4">{children}</div>
    {footer !== undefined && <footer className="flex shrink-0 justify-end gap-2 border-t border-line px-4 py-3">{footer}</footer>}
  </Radix.Content>
)

/** Modal dialog or drawer. Focus is trapped and given back; Escape closes. */
export const Dialog = ({ open, onOpenChange, ...body }: DialogProps) => (
  <Radix.Root open={open} onOpenChange={onOpenChange}>
    <Radix.Portal>
      {/* Not Radix' own overlay: it locks the scrolling of a body that never scrolls, which restyles the whole page. */}
      <div aria-hidden className="fixed inset-0 z-30 bg-black/35" />
      <DialogBody {...body} />
    </Radix.Portal>
  </Radix.Root>
)

export const Drawer = (props: Omit<DialogProps, 'shape'>) => <Dialog {...props} shape="drawer" />
