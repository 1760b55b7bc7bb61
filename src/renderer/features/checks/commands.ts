import type { Command } from '../../app/shortcuts'
import { useStore } from '../../store'
import { usePairState } from '../compare/pair-state'
import { TOOLS, type Tool, useChecks } from './checks-state'
import { runCheck } from './run-check'

export function showChecks(): void {
  usePairState.getState().change({ tab: 'checks' })
  useStore.getState().showView('compare')
}

const TITLES = {
  parity: 'checks.runParity',
  divergence: 'checks.runDivergence',
  equivalence: 'checks.runEquivalence',
  health: 'checks.runHealth',
  faultLab: 'checks.runFaultLab'
} as const satisfies Readonly<Record<Tool, string>>

/** The numeric tools from the palette. They run with what was chosen last. */
export const CHECK_COMMANDS: readonly Command[] = [
  { id: 'checks', title: 'checks.open', group: 'app.groupInspect', run: showChecks },
  ...TOOLS.map(
    (tool): Command => ({
      id: `check-${tool}`,
      title: TITLES[tool],
      group: 'app.groupInspect',
      enabled: () => useStore.getState().model !== undefined && useChecks.getState().running === undefined,
      run: () => {
        showChecks()
        void runCheck(tool)
      }
    })
  )
]
