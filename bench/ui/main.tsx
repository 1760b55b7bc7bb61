// Draws the real views over a made-up run, so that drawing can be measured at sizes that no bundled model has.
import './bench.css'
import { createRoot } from 'react-dom/client'
import { App } from '../../src/renderer/app/App'
import { followTheme } from '../../src/renderer/app/theme'
import { frames } from '../../src/renderer/canvas/frame'
import { useLayersState } from '../../src/renderer/features/layers/view-state'
import { useStore } from '../../src/renderer/store'
import { runRegistry } from '../../src/renderer/store/run-registry'
import { requestTick } from '../../src/renderer/store/ticker'
import { decodeTokenFrame } from '../../src/shared/protocol/token-frame'
import { syntheticDetail, syntheticFrame } from './synthetic-run'

const parameters = new URLSearchParams(location.search)
const options = {
  layers: Number(parameters.get('layers') ?? 80),
  tokens: Number(parameters.get('tokens') ?? 4096),
  nan: parameters.get('nan') === '1'
}

const detail = syntheticDetail(options)
const columns = runRegistry.adopt(detail)
let written = 0
const writeTokens = (count: number): void => {
  for (let done = 0; done < count; done += 16) {
    const rows = Math.min(16, count - done)
    columns.write(decodeTokenFrame(syntheticFrame(options, written, rows)))
    written += rows
  }
  requestTick()
}

const filled = performance.now()
writeTokens(parameters.get('live') === null ? options.tokens : 32)
const fillMilliseconds = performance.now() - filled

useStore.setState({ modelKnown: true, connection: 'open', view: (parameters.get('view') ?? 'layers') as 'layers' })
useStore.getState().setRun(detail.row.id, { detail, finished: 'length' })
useStore.getState().moveCursor({ run: detail.row.id, layer: 3, point: 'ffn_act', token: undefined })
useLayersState.setState({ mode: (parameters.get('mode') ?? 'everything') as 'everything' })

followTheme()
const root = document.getElementById('root')
if (root === null) throw new Error('no root')
createRoot(root).render(<App />)

/** What the measuring script calls. */
const bench = {
  fillMilliseconds,
  statisticsBytes: () => columns.statistics?.sizeBytes ?? 0,
  frameReport: () => frames().report(),
  setMode: (mode: 'everything' | 'layer-token' | 'layer-operation' | 'operation-token') => useLayersState.getState().change({ mode }),
  setField: (field: 'absmax' | 'rms' | 'mean') => useLayersState.getState().chooseField(field),
  /** Tokens a second into the run for a while; resolves with the intervals between frames. */
  live: (tokensPerSecond: number, milliseconds: number) =>
    intervals(milliseconds, (elapsed, before) => {
      const due = Math.floor((elapsed / 1000) * tokensPerSecond) - Math.floor((before / 1000) * tokensPerSecond)
      if (due > 0) writeTokens(due)
    }),
  /** Wheels and drags over the canvas, one event a frame, as a person would who never rests. */
  panAndZoom: (milliseconds: number) => {
    const canvas = document.querySelector('canvas[aria-roledescription="heatmap"]')
    if (canvas === null) throw new Error('no heatmap')
    const box = canvas.getBoundingClientRect()
    const at = (fraction: number) => ({ clientX: box.left + 150 + fraction * (box.width - 170), clientY: box.top + box.height / 2 })
    return intervals(milliseconds, (elapsed) => {
      const phase = (elapsed / 1000) % 4
      const sway = 0.5 + 0.35 * Math.sin(elapsed / 700)
      const wheel = (init: WheelEventInit) =>
        canvas.dispatchEvent(new WheelEvent('wheel', { bubbles: true, cancelable: true, ...at(sway), ...init }))
      if (phase < 1.3) wheel({ deltaY: -60 })
      else if (phase < 2) wheel({ deltaX: 40 * Math.sin(elapsed / 200) })
      else if (phase < 3.3) wheel({ deltaY: 60 })
      else wheel({ deltaY: 40 * Math.sin(elapsed / 150), ctrlKey: true })
    })
  }
}

function intervals(milliseconds: number, step: (elapsed: number, before: number) => void): Promise<readonly number[]> {
  return new Promise((resolve) => {
    const found: number[] = []
    let start = Number.NaN
    let last = Number.NaN
    const frame = (time: number): void => {
      if (Number.isNaN(start)) start = time
      else found.push(time - last)
      const before = Number.isNaN(last) ? 0 : last - start
      last = time
      if (time - start >= milliseconds) return resolve(found)
      step(time - start, before)
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  })
}

declare global {
  interface Window {
    greta_bench: typeof bench
  }
}
window.greta_bench = bench
