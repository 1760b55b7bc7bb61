import { frames } from '../canvas/frame'
import { useStore } from './index'

/** Charts redraw at most this often while rows come. */
const SLOW_TICK_MILLISECONDS = 100

const frameKey = {}
let lastSlow = 0
let slowTimer: ReturnType<typeof setTimeout> | undefined

function slowTick(): void {
  slowTimer = undefined
  lastSlow = performance.now()
  useStore.setState((state) => ({ slowTick: state.slowTick + 1 }))
}

/** Rows came: redraw what shows them in the next animation frame, charts a little later. However many rows, one redraw a frame. */
export function requestTick(): void {
  frames().request(frameKey, () => {
    useStore.setState((state) => ({ tick: state.tick + 1 }))
    if (slowTimer === undefined) slowTimer = setTimeout(slowTick, Math.max(0, SLOW_TICK_MILLISECONDS - (performance.now() - lastSlow)))
  })
}
