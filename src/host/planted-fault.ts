import type { RecordedDetail } from '../engine/bundle/bundle'
import type { FaultRequest } from '../engine/session/types'

type Settings = RecordedDetail['settings']

/** The settings of the segment that chose the token after `position`. */
export function settingsAt(detail: RecordedDetail, position: number): Settings {
  const token = position + 1 - detail.promptIds.length
  return detail.segments.findLast((segment) => segment.firstToken <= token)?.settings ?? detail.settings
}

export const faultsOf = ({ fault }: Settings): readonly FaultRequest[] => (fault === undefined ? [] : [fault])

/** What was planted when the token after `position` was chosen: to compute its logits again is to plant it again. */
export const faultsAt = (detail: RecordedDetail, position: number): readonly FaultRequest[] => faultsOf(settingsAt(detail, position))
