import { CircleCheck, TriangleAlert } from 'lucide-react'
import { memo } from 'react'
import type { PlainMessageKey } from '../../i18n'
import { useTranslate } from '../../i18n'
import type { AlertKind, TraceStatistics } from '../../statistics'
import { ALERT_KINDS } from '../../statistics'
import type { RunColumns } from '../../store/run-columns'
import { Badge } from '../../ui/Badge'
import { FaultBadge } from '../fault/FaultBadge'
import { goToCell } from './actions'
import { CaptureSwitch } from './CaptureSwitch'
import { tensorName } from './matrices'

export const ALERT_TITLES: Readonly<Record<AlertKind, PlainMessageKey>> = {
  nan: 'layers.alertNan',
  positiveInfinity: 'layers.alertPositiveInfinity',
  negativeInfinity: 'layers.alertNegativeInfinity',
  saturated: 'layers.alertSaturated'
}

/** The first trouble of each kind with a jump to it, or the proof that there is none. */
export const AlertStrip = ({ trace, columns }: { readonly trace: TraceStatistics; readonly columns: RunColumns }) => {
  const t = useTranslate()
  const alerts = trace.alerts.list()
  if (alerts.length === 0) {
    return (
      <div className="flex min-h-9 shrink-0 flex-wrap items-center gap-x-2 gap-y-1 border-b border-line px-3 py-1 text-sm text-muted">
        <CircleCheck aria-hidden size={14} className="shrink-0 text-ok" />
        <span className="text-ok">{t('layers.alertsNone')}</span>
        <span>{t('layers.alertsNoneText', { count: trace.capturedRows })}</span>
        <FaultBadge row={columns.detail.row} detail={columns.detail} />
        <Capture />
      </div>
    )
  }
  const affected = new Set(alerts.map((alert) => alert.traceIndex)).size
  return (
    <div className="flex min-h-9 shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-danger-soft px-3 py-1 text-sm">
      <TriangleAlert aria-hidden size={14} className="text-danger" />
      {ALERT_KINDS.map((kind) => {
        const first = trace.alerts.first(kind)
        if (first === undefined) return null
        const title = t(ALERT_TITLES[kind])
        const tensor = tensorName(first.traceIndex, trace.layerCount)
        return (
          <button
            key={kind}
            type="button"
            onClick={() => goToCell({ position: first.firstPosition, traceIndex: first.traceIndex }, trace.layerCount)}
            className="inline-flex items-center gap-2 rounded border border-danger/40 bg-surface px-2 py-0.5 hover:border-danger"
          >
            <Badge tone="danger">{t('layers.alertFirst', { kind: title })}</Badge>
            <span className="num">{tensor}</span>
            <span className="text-muted">
              {t('layers.token')} <span className="num">{first.firstPosition}</span>
            </span>
          </button>
        )
      })}
      <span className="text-muted">{t('layers.alertMore', { count: affected })}</span>
      <FaultBadge row={columns.detail.row} detail={columns.detail} />
      <Capture />
    </div>
  )
}

const Capture = memo(() => (
  <div className="ml-auto">
    <CaptureSwitch />
  </div>
))
Capture.displayName = 'Capture'
