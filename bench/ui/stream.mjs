// Measures Play and the logit inspector in a real Chromium with software rendering, on the product's built page: frames, long
// tasks and event-to-paint time while synthetic tokens stream in; opening and filtering a 152,064-row logit table; first paint.
// Prints one JSON object. Build the page first (npm run build:app).
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'
import { chromium } from 'playwright-core'

const root = resolve(import.meta.dirname, '../..')
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]
const VOCABULARY = 152_064
/** 23 layers: 302 trace points of 40 bytes, 12 KB a token. */
const LAYERS = 23

const quantile = (values, q) => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}
const round = (value, digits = 1) => Number(value.toFixed(digits))

async function loadHost() {
  const outDir = join(root, 'out/bench-ui-host')
  mkdirSync(outDir, { recursive: true })
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    build: {
      ssr: join(root, 'bench/ui/stream-host.ts'),
      outDir,
      emptyOutDir: true,
      target: 'node20.19',
      rolldownOptions: { output: { entryFileNames: 'stream-host.mjs' } }
    }
  })
  return import(pathToFileURL(join(outDir, 'stream-host.mjs')).href)
}

/** Runs in the page: frame times, long tasks, and when each count of generated tokens was painted. */
function observe() {
  const state = { frames: [], longTasks: [], painted: [] }
  window.greta_stream = state
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) state.longTasks.push(entry.duration)
  }).observe({ type: 'longtask' })
  let last = 0
  let shown = -1
  const place = document.querySelector('[data-testid=generated-count]')
  // The page writes the number in an animation frame, after this observer's own callback of that frame: only a mutation
  // observer sees it in the frame that paints it.
  new MutationObserver(() => {
    const count = Number.parseInt((place.textContent ?? '-1').replace(/\D/g, ''), 10)
    if (count === shown || !(count > 0)) return
    shown = count
    // What this frame paints is on the screen when the next one begins.
    requestAnimationFrame(() => state.painted.push([count, performance.timeOrigin + performance.now()]))
  }).observe(place, { childList: true, characterData: true, subtree: true })
  const frame = () => {
    const now = performance.now()
    // The whole frame counts, commits included: the interval between frames, on the page's own clock.
    if (last > 0) state.frames.push(now - last)
    last = now
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
}

async function measureStream(browser, host, { tokensPerSecond, coalesceMilliseconds, seconds }) {
  const served = await host.startStreamHost({
    pageFolder: host.pageFolder(root),
    tokensPerSecond,
    tokens: tokensPerSecond * seconds,
    coalesceMilliseconds,
    layers: LAYERS,
    vocabulary: 4096
  })
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  const errors = []
  page.on('pageerror', (error) => errors.push(error.message))
  try {
    await page.goto(served.url)
    await page.getByTestId('prompt-editor').fill('synthetic')
    await page.getByRole('button', { name: 'Generate', exact: true }).click()
    await page.waitForFunction(() => document.querySelectorAll('[data-p]').length > 5)
    await page.evaluate(observe)
    await page.waitForFunction(
      (tokens) => document.querySelector('[data-testid=generated-count]')?.textContent.replace(/\D/g, '') === String(tokens),
      tokensPerSecond * seconds,
      {
        timeout: (seconds + 60) * 1000,
        polling: 250
      }
    )
    const { frames, longTasks, painted } = await page.evaluate(() => window.greta_stream)
    const latencies = []
    let token = painted[0]?.[0] ?? 0
    for (const [count, at] of painted) for (; token < count; token++) latencies.push(at - served.sentAt[token])
    return {
      tokensPerSecond,
      bytesPerToken: served.bytesPerToken,
      coalesceMilliseconds,
      frames: frames.length,
      fpsMedian: round(1000 / quantile(frames, 0.5)),
      fpsMean: round((1000 * frames.length) / frames.reduce((a, b) => a + b, 0)),
      intervalP95Milliseconds: round(quantile(frames, 0.95)),
      longTasks: longTasks.length,
      longestTaskMilliseconds: round(Math.max(0, ...longTasks)),
      eventToPaintP50Milliseconds: round(quantile(latencies, 0.5)),
      eventToPaintP95Milliseconds: round(quantile(latencies, 0.95)),
      errors
    }
  } finally {
    await page.close()
    served.close()
  }
}

async function measureLogits(browser, host) {
  const served = await host.startStreamHost({
    pageFolder: host.pageFolder(root),
    tokensPerSecond: 100,
    tokens: 30,
    coalesceMilliseconds: 16,
    layers: 2,
    vocabulary: VOCABULARY
  })
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  try {
    await page.goto(served.url)
    await page.getByTestId('prompt-editor').fill('synthetic')
    await page.getByRole('button', { name: 'Generate', exact: true }).click()
    await page.getByRole('button', { name: 'Generate', exact: true }).waitFor()
    const opens = []
    const filters = []
    for (let round = 0; round < 8; round++) {
      // Another token each time, as a person would: nothing that was opened before can answer.
      await page.locator(`#token-${12 + round}`).click()
      await page.evaluate(() => new Promise((idle) => requestIdleCallback(idle)))
      const open = await page.evaluate(async () => {
        const started = performance.now()
        document.querySelector('[data-testid=open-logits]').click()
        while (document.querySelector('[data-testid=logits] [role=row][aria-rowindex="2"]') === null)
          await new Promise(requestAnimationFrame)
        return performance.now() - started
      })
      opens.push(open)
      for (const text of ['t1', 'zz', '/^ t[0-9]$/', 'tion']) {
        filters.push(
          await page.evaluate(async (entry) => {
            const field = document.querySelector('[data-testid=logit-filter]')
            const rows = () => document.querySelector('[data-testid=logit-rows]').textContent
            const before = rows()
            const started = performance.now()
            Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, entry)
            field.dispatchEvent(new Event('input', { bubbles: true }))
            while (rows() === before && performance.now() - started < 2000) await new Promise((next) => setTimeout(next, 0))
            return performance.now() - started
          }, text)
        )
      }
      await page.keyboard.press('Escape')
      await page.getByTestId('logits').waitFor({ state: 'detached' })
    }
    return {
      rows: VOCABULARY,
      openFirstMilliseconds: round(opens[0]),
      openMedianMilliseconds: round(quantile(opens.slice(1), 0.5)),
      openWorstMilliseconds: round(Math.max(...opens.slice(1))),
      filterFirstMilliseconds: round(filters[0]),
      filterMedianMilliseconds: round(quantile(filters.slice(1), 0.5)),
      filterP95Milliseconds: round(quantile(filters.slice(1), 0.95))
    }
  } finally {
    await page.close()
    served.close()
  }
}

async function measureFirstPaint(browser, host) {
  const served = await host.startStreamHost({
    pageFolder: host.pageFolder(root),
    tokensPerSecond: 1,
    tokens: 1,
    coalesceMilliseconds: 16,
    layers: 2,
    vocabulary: 4096
  })
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const paints = []
  try {
    for (let visit = 0; visit < 6; visit++) {
      const page = await context.newPage()
      await page.goto(served.url)
      await page.getByRole('button', { name: 'Generate', exact: true }).waitFor()
      paints.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN))
      await page.close()
    }
    return { coldMilliseconds: round(paints[0]), warmMedianMilliseconds: round(quantile(paints.slice(1), 0.5)) }
  } finally {
    await context.close()
    served.close()
  }
}

export async function measurePlay({ seconds = 8 } = {}) {
  const host = await loadHost()
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS })
  try {
    return {
      synthetic: true,
      streams: [
        await measureStream(browser, host, { tokensPerSecond: 200, coalesceMilliseconds: 16, seconds }),
        await measureStream(browser, host, { tokensPerSecond: 1000, coalesceMilliseconds: 32, seconds })
      ],
      logitTable: await measureLogits(browser, host),
      firstContentfulPaint: await measureFirstPaint(browser, host)
    }
  } finally {
    await browser.close()
  }
}

/** The bars of Play and the logit table, one line each. */
export function playBarLines({ streams, logitTable }) {
  const line = (name, value, bar, ok, more = '') => `${ok ? '✓' : '✗'} ${name}: ${value} (bar: ${bar}${more})`
  const streamLines = (stream, fps) => {
    const name = `${stream.tokensPerSecond} tokens/s, ${round(stream.bytesPerToken / 1000)} KB a token (synthetic)`
    const latency = `event to paint p50 ${stream.eventToPaintP50Milliseconds} ms, p95 ${stream.eventToPaintP95Milliseconds} ms`
    // The bars on tasks and latency are for 200 tokens/s; at 1,000 rows are joined for 32 ms and frames are what counts.
    if (stream.tokensPerSecond > 200)
      return [
        line(
          `${name}: frames`,
          `${stream.fpsMedian} frames/s median`,
          `>= ${fps}`,
          stream.fpsMedian >= fps,
          `; mean ${stream.fpsMean}, longest task ${stream.longestTaskMilliseconds} ms, ${latency}`
        )
      ]
    return [
      line(`${name}: frames`, `${stream.fpsMedian} frames/s median`, `>= ${fps}`, stream.fpsMedian >= fps, `; mean ${stream.fpsMean}`),
      line(
        `${name}: longest task of the page`,
        `${stream.longestTaskMilliseconds} ms`,
        '<= 50 ms',
        stream.longTasks === 0,
        `; ${stream.longTasks} longer`
      ),
      line(
        `${name}: event to paint`,
        `${stream.eventToPaintP95Milliseconds} ms p95`,
        '<= 50 ms',
        stream.eventToPaintP95Milliseconds <= 50,
        `; p50 ${stream.eventToPaintP50Milliseconds} ms`
      ),
      ...(stream.errors.length === 0 ? [] : [line(`${name}: errors of the page`, stream.errors.length, '0', false)])
    ]
  }
  const { rows } = logitTable
  return [
    ...streams.flatMap((stream) => streamLines(stream, stream.tokensPerSecond <= 200 ? 58 : 55)),
    line(
      `logit table of ${rows} rows opens`,
      `${logitTable.openMedianMilliseconds} ms median`,
      '<= 100 ms',
      logitTable.openMedianMilliseconds <= 100,
      `; first ${logitTable.openFirstMilliseconds} ms, worst ${logitTable.openWorstMilliseconds} ms`
    ),
    line(
      `logit table of ${rows} rows filters`,
      `${logitTable.filterMedianMilliseconds} ms median`,
      '<= 50 ms',
      logitTable.filterMedianMilliseconds <= 50,
      `; first ${logitTable.filterFirstMilliseconds} ms, p95 ${logitTable.filterP95Milliseconds} ms`
    )
  ]
}

if (process.argv[1] === import.meta.filename) console.log(JSON.stringify(await measurePlay(), undefined, 2))
