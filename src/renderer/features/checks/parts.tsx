import type { ReactNode } from 'react'
import { CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react'
import { formatMilliseconds } from '../../../shared/units'
import { useTranslate } from '../../i18n'
import { cx } from '../../ui/classes'

const TONES = {
  ok: { icon: CircleCheck, box: 'border-ok/40 bg-ok-soft', text: 'text-ok' },
  warn: { icon: TriangleAlert, box: 'border-warn/40 bg-warn-soft', text: 'text-warn' },
  danger: { icon: CircleAlert, box: 'border-danger/40 bg-danger-soft', text: 'text-danger' }
} as const

interface VerdictCardProps {
  readonly tone: keyof typeof TONES
  readonly title: string
  readonly children?: ReactNode
  readonly actions?: ReactNode
}

/** What a tool concluded, and why. */
export const VerdictCard = ({ tone, title, children, actions }: VerdictCardProps) => {
  const { icon: Icon, box, text } = TONES[tone]
  return (
    <section aria-label={title} data-testid="verdict" className={cx('flex items-start gap-3 rounded-lg border px-4 py-3', box)}>
      <Icon aria-hidden size={18} className={cx('mt-0.5 shrink-0', text)} />
      <div className="min-w-0 flex-1">
        <h2 className={cx('text-lg font-semibold', text)}>{title}</h2>
        {children}
        {actions !== undefined && <div className="mt-2 flex flex-wrap gap-2">{actions}</div>}
      </div>
    </section>
  )
}

/** Which two sides a report is about, as the engine named them, and how long it took. */
export const Provenance = ({
  reference,
  test,
  milliseconds
}: {
  readonly reference?: string
  readonly test?: string
  readonly milliseconds: number
}) => {
  const t = useTranslate()
  return (
    <dl className="m-0 grid grid-cols-[auto_1fr] gap-x-3 text-sm">
      {reference !== undefined && (
        <>
          <dt className="text-muted">{t('checks.reference')}</dt>
          <dd className="m-0 truncate">{reference}</dd>
        </>
      )}
      {test !== undefined && (
        <>
          <dt className="text-muted">{t('checks.test')}</dt>
          <dd className="m-0 truncate">{test}</dd>
        </>
      )}
      <dt className="text-muted">{t('checks.took')}</dt>
      <dd className="num m-0">{formatMilliseconds(milliseconds)}</dd>
    </dl>
  )
}

export const Section = ({
  title,
  help,
  trailing,
  children
}: {
  readonly title: string
  readonly help?: string
  readonly trailing?: ReactNode
  readonly children: ReactNode
}) => (
  <section aria-label={title} className="flex min-w-0 flex-col gap-1.5">
    <header className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <h3 className="text-base font-semibold">{title}</h3>
      {help !== undefined && <p className="m-0 text-xs text-muted">{help}</p>}
      {trailing !== undefined && <div className="ml-auto flex items-center gap-2">{trailing}</div>}
    </header>
    {children}
  </section>
)
