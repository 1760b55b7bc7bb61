import { useTranslate } from '../../i18n'
import { Tabs } from '../../ui/Tabs'
import { ChecksPanel } from '../checks/ChecksPanel'
import { TOOLS, type Tool, useChecks } from '../checks/checks-state'
import { Setup } from '../checks/Setup'
import { TOOL_TITLES } from '../checks/tool-titles'
import { PairInspector } from './PairInspector'
import { usePairState } from './pair-state'
import { RunsComparison } from './RunsComparison'

/** Proving that two ways of computing the same thing agree: recorded runs side by side, and the engine's own tools. */
export const ComparePanel = () => {
  const t = useTranslate()
  const tab = usePairState((state) => state.tab)
  const changePair = usePairState((state) => state.change)
  const tool = useChecks((state) => state.tool)
  const changeChecks = useChecks((state) => state.change)
  const show = (value: 'runs' | Tool): void => {
    changePair({ tab: value === 'runs' ? 'runs' : 'checks' })
    if (value !== 'runs') changeChecks({ tool: value })
  }
  return (
    <Tabs<'runs' | Tool>
      label={t('compare.tabs')}
      value={tab === 'runs' ? 'runs' : tool}
      onChange={show}
      items={[
        { value: 'runs', label: t('compare.tabRuns'), content: <RunsComparison /> },
        ...TOOLS.map((value) => ({ value, label: t(TOOL_TITLES[value]), content: <ChecksPanel /> }))
      ]}
    />
  )
}

/** The cell under the cursor of both runs, or the sides and tokens of the checks. */
export const CompareInspector = () => {
  const tab = usePairState((state) => state.tab)
  return tab === 'runs' ? <PairInspector /> : <Setup />
}
