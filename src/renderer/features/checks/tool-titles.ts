import type { PlainMessageKey } from '../../i18n'
import type { Tool } from './checks-state'

export const TOOL_TITLES = {
  parity: 'checks.parity',
  divergence: 'checks.divergence',
  equivalence: 'checks.equivalence',
  health: 'checks.health',
  faultLab: 'checks.faultLab'
} as const satisfies Readonly<Record<Tool, PlainMessageKey>>

/** What each tool answers, in a sentence. */
export const TOOL_HELP = {
  parity: 'checks.parityHelp',
  divergence: 'checks.divergenceHelp',
  equivalence: 'checks.equivalenceHelp',
  health: 'checks.healthHelp',
  faultLab: 'checks.faultLabHelp'
} as const satisfies Readonly<Record<Tool, PlainMessageKey>>
