import type { LucideIcon } from 'lucide-react'
import type { ComponentPropsWithRef } from 'react'
import { cx } from './classes'
import { Tooltip } from './Tooltip'

type Variant = 'primary' | 'secondary' | 'quiet' | 'danger'

const VARIANTS: Readonly<Record<Variant, string>> = {
  primary: 'bg-accent text-on-accent border-transparent hover:bg-accent-strong font-medium',
  secondary: 'bg-surface text-text border-line-strong/60 hover:bg-hover hover:border-line-strong',
  quiet: 'bg-transparent text-muted border-transparent hover:bg-hover hover:text-text',
  danger: 'bg-surface text-danger border-danger/50 hover:bg-danger-soft'
}

const SHARED =
  'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border whitespace-nowrap select-none transition-colors duration-100 disabled:opacity-45 disabled:pointer-events-none'

interface ButtonProps extends ComponentPropsWithRef<'button'> {
  readonly variant?: Variant
  readonly size?: 'small' | 'medium'
  readonly icon?: LucideIcon | undefined
}

export const Button = ({
  variant = 'secondary',
  size = 'medium',
  icon: Icon,
  className,
  children,
  type = 'button',
  ...rest
}: ButtonProps) => (
  <button type={type} className={cx(SHARED, VARIANTS[variant], size === 'small' ? 'h-6 px-2 text-sm' : 'h-7 px-2.5', className)} {...rest}>
    {Icon !== undefined && <Icon aria-hidden size={14} strokeWidth={2} />}
    {children}
  </button>
)

interface IconButtonProps extends Omit<ComponentPropsWithRef<'button'>, 'aria-label'> {
  /** What the button does: its accessible name and its tooltip. */
  readonly label: string
  readonly icon: LucideIcon
  readonly keys?: string | undefined
  readonly variant?: Variant
  readonly size?: 'small' | 'medium'
  readonly side?: 'top' | 'right' | 'bottom' | 'left'
}

export const IconButton = ({
  label,
  icon: Icon,
  keys,
  variant = 'quiet',
  size = 'medium',
  side,
  className,
  type = 'button',
  ...rest
}: IconButtonProps) => (
  <Tooltip text={label} keys={keys} {...(side === undefined ? {} : { side })}>
    <button
      type={type}
      aria-label={label}
      className={cx(SHARED, VARIANTS[variant], size === 'small' ? 'size-6' : 'size-7', 'p-0', className)}
      {...rest}
    >
      <Icon aria-hidden size={size === 'small' ? 13 : 15} strokeWidth={2} />
    </button>
  </Tooltip>
)
