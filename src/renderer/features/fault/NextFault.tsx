import { FlaskConical, X } from 'lucide-react'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { IconButton } from '../../ui/Button'
import { NUMBERS_OF, POINTS_OF } from './fault-shape'
import { FAULT_NAMES } from './plant'

/** Says, beside the button that begins it, that the next generation is not what the model computes. */
export const NextFault = () => {
  const t = useTranslate()
  const fault = useStore((state) => state.fault)
  const setFault = useStore((state) => state.setFault)
  if (fault === undefined) return null
  const place = POINTS_OF[fault.kind].length > 1 ? `${fault.layer} · ${fault.point}` : `${t('fault.layer')} ${fault.layer}`
  return (
    <div
      role="status"
      className="flex shrink-0 items-center gap-2 border-b border-line bg-warn-soft px-3 py-1 text-sm text-warn"
      data-testid="next-fault"
    >
      <FlaskConical aria-hidden size={14} className="shrink-0" />
      <span className="min-w-0 flex-1">
        {t('fault.next')}{' '}
        <span className="font-medium">
          {t(FAULT_NAMES[fault.kind])} · <span className="num">{place}</span>
          {NUMBERS_OF[fault.kind].includes('position') && (
            <>
              {' '}
              · {t('fault.position')} <span className="num">{fault.position}</span>
            </>
          )}
        </span>
      </span>
      <IconButton size="small" icon={X} label={t('fault.remove')} onClick={() => setFault(undefined)} />
    </div>
  )
}
