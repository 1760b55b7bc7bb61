import { useTranslate } from '../../i18n'
import { Tabs } from '../../ui/Tabs'
import { RunsComparison } from './RunsComparison'
import { EquivalenceTool } from './tools/EquivalenceTool'
import { FaultLabTool } from './tools/FaultLabTool'
import { HealthTool } from './tools/HealthTool'
import { ParityTool } from './tools/ParityTool'
import { useToolState } from './tools/tool-state'

/** Proving that two ways of computing the same thing agree: recorded runs side by side, and the engine's own tools. */
export const ComparePanel = () => {
  const t = useTranslate()
  const tab = useToolState((state) => state.tab)
  const change = useToolState((state) => state.change)
  return (
    <Tabs
      label={t('compare.tabs')}
      value={tab}
      onChange={(next) => change({ tab: next })}
      items={[
        { value: 'runs', label: t('compare.tabRuns'), content: <RunsComparison /> },
        { value: 'parity', label: t('compare.tabParity'), content: <ParityTool /> },
        { value: 'equivalence', label: t('compare.tabEquivalence'), content: <EquivalenceTool /> },
        { value: 'health', label: t('compare.tabHealth'), content: <HealthTool /> },
        { value: 'faultLab', label: t('compare.tabFaultLab'), content: <FaultLabTool /> }
      ]}
    />
  )
}
