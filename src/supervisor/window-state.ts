import { readFileSync, writeFileSync } from 'node:fs'

export interface Place {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}
export interface WindowState extends Partial<Place> {
  readonly maximized?: boolean
}

/** How far above the work area a title bar may lie and still be reached. */
const REACHABLE_ABOVE = 50

/** Where the window was; nothing at the first start, with a damaged file, or when that place is on no screen any more. */
export function readWindowState(path: string, workAreaAt: (place: Place) => Place): WindowState {
  try {
    const state = JSON.parse(readFileSync(path, 'utf8')) as WindowState
    const { x, y, width, height } = state
    if (![x, y, width, height].every(Number.isFinite)) return {}
    const place = { x, y, width, height } as Place
    const area = workAreaAt(place)
    const across = place.x < area.x + area.width && place.x + place.width > area.x
    const down = place.y >= area.y - REACHABLE_ABOVE && place.y < area.y + area.height
    return across && down ? state : {}
  } catch {
    return {}
  }
}

/** A place that is not remembered is no reason to keep a window open. */
export function writeWindowState(path: string, state: WindowState): void {
  try {
    writeFileSync(path, JSON.stringify(state))
  } catch {
    // Next time it opens where new windows do.
  }
}
