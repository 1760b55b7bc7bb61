import { useTranslate } from '../../i18n'
import { Tabs } from '../../ui/Tabs'
import { ChecksPanel } from '../checks/ChecksPanel'
import { ComparePanel } from './ComparePanel'
import { usePairState } from './pair-state'

/** Two recorded runs beside each other, or two ways of computing checked against each other. */
export const CompareTabs = () => {
  const t = useTranslate()
  const { tab, change } = usePairState()
  return (
    <Tabs
      label={t('checks.tabs')}
      value={tab}
      onChange={(value) => change({ tab: value })}
      items={[
        {
          value: 'runs',
          label: t('checks.twoRuns'),
          content: (
            <div className="flex h-full min-h-0 flex-col">
              <ComparePanel />
            </div>
          )
        },
        { value: 'checks', label: t('checks.title'), content: <ChecksPanel /> }
      ]}
    />
  )
}
