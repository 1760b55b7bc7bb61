import { Popover as Radix } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'
import { cx } from './classes'

interface PopoverProps {
  readonly label: string
  readonly trigger: ReactElement
  readonly children: ReactNode
  readonly className?: string
  readonly side?: 'top' | 'right' | 'bottom' | 'left'
  readonly align?: 'start' | 'center' | 'end'
  readonly open?: boolean
  readonly onOpenChange?: (open: boolean) => void
}

export const POPOVER_SURFACE = 'z-40 rounded-lg border border-line bg-raised shadow-[var(--shadow)]'

export const Popover = ({ label, trigger, children, className, side = 'bottom', align = 'start', open, onOpenChange }: PopoverProps) => (
  <Radix.Root {...(open === undefined ? {} : { open })} {...(onOpenChange === undefined ? {} : { onOpenChange })}>
    <Radix.Trigger asChild>{trigger}</Radix.Trigger>
    <Radix.Portal>
      <Radix.Content
        aria-label={label}
        side={side}
        align={align}
        sideOffset={6}
        collisionPadding={8}
        className={cx(POPOVER_SURFACE, 'animate-appear p-3', className)}
      >
        {children}
      </Radix.Content>
    </Radix.Portal>
  </Radix.Root>
)
