import type { ComponentPropsWithRef, ReactNode } from 'react'
import { cx } from './classes'

/** Plain table pieces for tens of rows. For more rows use VirtualTable. */
export const Table = ({
  label,
  className,
  children
}: {
  readonly label: string
  readonly className?: string
  readonly children: ReactNode
}) => (
  <table aria-label={label} className={cx('w-full border-collapse text-sm', className)}>
    {children}
  </table>
)

export const Th = ({ className, numeric = false, ...rest }: ComponentPropsWithRef<'th'> & { readonly numeric?: boolean }) => (
  <th
    scope="col"
    className={cx(
      'sticky top-0 z-10 border-b border-line bg-surface px-2 py-1 text-xs font-medium text-muted',
      numeric ? 'text-right' : 'text-left',
      className
    )}
    {...rest}
  />
)

export const Td = ({ className, numeric = false, ...rest }: ComponentPropsWithRef<'td'> & { readonly numeric?: boolean }) => (
  <td className={cx('border-b border-line/60 px-2 py-1', numeric && 'num text-right', className)} {...rest} />
)
