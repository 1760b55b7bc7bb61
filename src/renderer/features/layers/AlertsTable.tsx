import { useState } from 'react'
import { useTranslate } from '../../i18n'
import { VirtualTable } from '../../ui/VirtualTable'
import { ALERT_TITLES } from './AlertStrip'
import { goToCell } from './actions'
import { tensorName } from './matrices'
import { useShownTrace } from './use-layers'

/** Every bad tensor, in order of first occurrence: the head of the list is where to look first. */
export const AlertsTable = () => {
  const t = useTranslate()
  const { trace } = useShownTrace()
  const [selected, setSelected] = useState(-1)
  const alerts = trace?.alerts.list() ?? []
  const go = (row: number): void => {
    const alert = alerts[row]
    setSelected(row)
    if (alert !== undefined && trace !== undefined)
      goToCell({ position: alert.firstPosition, traceIndex: alert.traceIndex }, trace.layerCount)
  }
  return (
    <div className="flex h-full min-h-0 flex-col">
      <VirtualTable
        label={t('layers.alerts')}
        columns={[
          { id: 'kind', title: t('layers.alertKind'), width: '7rem' },
          { id: 'tensor', title: t('layers.alertTensor'), width: 'minmax(10rem,1fr)' },
          { id: 'first', title: t('layers.alertFirstToken'), width: '7rem', numeric: true },
          { id: 'tokens', title: t('layers.alertTokens'), width: '6rem', numeric: true },
          { id: 'elements', title: t('layers.alertElements'), width: '7rem', numeric: true }
        ]}
        rowCount={alerts.length}
        selected={selected}
        onSelect={go}
        empty={t(trace === undefined ? 'layers.alertsNotYet' : 'layers.alertsNone')}
        cell={(row, column) => {
          const alert = alerts[row]
          if (alert === undefined || trace === undefined) return null
          if (column === 'kind') return <span className="font-medium text-danger">{t(ALERT_TITLES[alert.kind])}</span>
          if (column === 'tensor') return <span className="num">{tensorName(alert.traceIndex, trace.layerCount)}</span>
          if (column === 'first') return alert.firstPosition
          return column === 'tokens' ? alert.cells : alert.elements
        }}
      />
    </div>
  )
}
