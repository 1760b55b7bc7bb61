import { Search } from 'lucide-react'
import type { ComponentPropsWithRef } from 'react'
import { cx } from './classes'

interface TextFieldProps extends Omit<ComponentPropsWithRef<'input'>, 'aria-label'> {
  readonly label: string
  /** Marks the text as wrong (a bad expression, say). */
  readonly invalid?: boolean
}

export const TextField = ({ label, invalid = false, className, ...rest }: TextFieldProps) => (
  <input
    aria-label={label}
    aria-invalid={invalid || undefined}
    spellCheck={false}
    className={cx(
      'h-7 min-w-0 rounded-md border bg-surface px-2 hover:border-line-strong',
      invalid ? 'border-danger' : 'border-line-strong/60',
      className
    )}
    {...rest}
  />
)

export const SearchField = ({ className, ...rest }: TextFieldProps) => (
  <span className={cx('relative inline-flex min-w-0', className)}>
    <Search aria-hidden size={13} className="pointer-events-none absolute top-2 left-2 text-faint" />
    <TextField type="search" className="w-full pl-7" {...rest} />
  </span>
)
