import type { FaultKind, FaultSettings } from '../../../shared/protocol'
import type { PlainMessageKey } from '../../i18n'
import { useStore } from '../../store'
import { exampleFault } from './fault-shape'

export const FAULT_NAMES: Readonly<Record<FaultKind, PlainMessageKey>> = {
  'nan-at-point': 'fault.nanName',
  'scale-weight-row': 'fault.scaleName',
  'drop-k-tile': 'fault.dropName',
  'wrong-rope-base': 'fault.ropeName',
  'stale-kv-slot': 'fault.staleName'
}

/** Behind most prompts, so that some tokens are healthy before it. */
const EXAMPLE_POSITION = 16

/** An example of the kind for the next generation; nothing without a model. */
export function plantFault(kind: FaultKind): void {
  const { model, setFault } = useStore.getState()
  if (model !== undefined) setFault(exampleFault(kind, model.config, Math.min(EXAMPLE_POSITION, model.options.context - 1)))
}

/** This very fault for the next generation, and where that is begun. */
export function plantInPlay(fault: FaultSettings): void {
  const { setFault, showView } = useStore.getState()
  setFault(fault)
  showView('play')
}
