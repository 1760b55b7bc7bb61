import type { ReactNode } from 'react'
import { cx } from './classes'

export type Tone = 'neutral' | 'accent' | 'ok' | 'warn' | 'danger'

const TONES: Readonly<Record<Tone, string>> = {
  neutral: 'bg-hover text-muted',
  accent: 'bg-accent-soft text-accent-strong',
  ok: 'bg-ok-soft text-ok',
  warn: 'bg-warn-soft text-warn',
  danger: 'bg-danger-soft text-danger'
}

export const Badge = ({
  tone = 'neutral',
  className,
  children
}: {
  readonly tone?: Tone
  readonly className?: string
  readonly children: ReactNode
}) => (
  <span className={cx('inline-flex h-4.5 items-center gap-1 rounded px-1.5 text-xs font-medium whitespace-nowrap', TONES[tone], className)}>
    {children}
  </span>
)
