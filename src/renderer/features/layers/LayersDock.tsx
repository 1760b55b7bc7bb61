import { useState } from 'react'
import { useTranslate } from '../../i18n'
import { Badge } from '../../ui/Badge'
import { Tabs } from '../../ui/Tabs'
import { AlertsTable } from './AlertsTable'
import { LensTable } from './LensTable'
import { useShownTrace } from './use-layers'

/** Alerts, and what the model would say after each layer. The lens costs a pass over the prefix, so it reads only while it is shown. */
export const LayersDock = () => {
  const t = useTranslate()
  const { trace } = useShownTrace()
  const [tab, setTab] = useState<'alerts' | 'lens'>('alerts')
  const count = trace?.alerts.list().length ?? 0
  return (
    <Tabs
      label={t('layers.dockTabs')}
      value={tab}
      onChange={setTab}
      items={[
        {
          value: 'alerts',
          label: (
            <span className="inline-flex items-center gap-1.5">
              {t('layers.alerts')}
              {count > 0 && <Badge tone="danger">{count}</Badge>}
            </span>
          ),
          content: <AlertsTable />
        },
        { value: 'lens', label: t('layers.lens'), content: tab === 'lens' ? <LensTable /> : null }
      ]}
    />
  )
}
