import { FlaskConical } from 'lucide-react'
import { faultText, type RunDetail, type RunRow } from '../../../shared/protocol'
import { useTranslate } from '../../i18n'
import { Badge } from '../../ui/Badge'
import { faultsOfRun } from './run-faults'

interface FaultBadgeProps {
  readonly row: RunRow
  readonly detail?: Pick<RunDetail, 'segments'>
  /** The sign alone, where there is no room for words; they are still read out. */
  readonly compact?: boolean
}

/** Marks everything that a planted fault went into. Nothing for a run that is as the model is. */
export const FaultBadge = ({ row, detail, compact = false }: FaultBadgeProps) => {
  const t = useTranslate()
  if (row.plantedFault !== true) return null
  const faults = detail === undefined ? [] : faultsOfRun(detail)
  const text = faults.length === 0 ? t('fault.badgeTextShort') : t('fault.badgeText', { fault: faults.map(faultText).join(', ') })
  return (
    <span title={text}>
      <Badge tone="warn">
        <FlaskConical aria-hidden size={11} />
        <span className={compact ? 'sr-only' : undefined}>{t('fault.badge')}</span>
        <span className="sr-only">. {text}</span>
      </Badge>
    </span>
  )
}
