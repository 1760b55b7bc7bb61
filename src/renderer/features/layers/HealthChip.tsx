import { useTranslate } from '../../i18n'
import type { TraceStatistics } from '../../statistics'
import { SEVERITY } from '../../statistics'
import { Badge } from '../../ui/Badge'

/** Whether a tensor row is finite, and if not, what is wrong and how often. */
export const HealthChip = ({
  trace,
  position,
  index
}: {
  readonly trace: TraceStatistics
  readonly position: number
  readonly index: number
}) => {
  const t = useTranslate()
  const severity = trace.severity(position, index)
  if (severity === SEVERITY.notCaptured) return <Badge>{t('layers.notCaptured')}</Badge>
  if (severity === SEVERITY.finite) return <Badge tone="ok">{t('layers.healthy')}</Badge>
  const counts = [
    ['N', trace.value('nan', position, index)],
    ['▲', trace.value('positiveInfinity', position, index)],
    ['▼', trace.value('negativeInfinity', position, index)],
    ['◥', trace.value('saturated', position, index)]
  ] as const
  return (
    <Badge tone={severity === SEVERITY.saturated ? 'warn' : 'danger'}>
      <span className="num">
        {counts
          .filter(([, count]) => count > 0)
          .map(([sign, count]) => `${sign} ×${count}`)
          .join('  ')}
      </span>
    </Badge>
  )
}
