// Measures the Layers views in a real Chromium with software rendering: frames while panning and zooming over
// 80 layers x 13 trace points x 4,096 tokens (synthetic numbers), memory of the page, and a live run.
// Prints one JSON object; `--page-only` builds the page and stops.
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize, resolve } from 'node:path'
import { build } from 'vite'
import { chromium } from 'playwright-core'

const root = resolve(import.meta.dirname, '../..')
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2', '.woff': 'font/woff' }
const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

const quantile = (values, q) => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}
const describe = (intervals) => ({
  frames: intervals.length,
  fpsMean: Number((1000 / (intervals.reduce((a, b) => a + b, 0) / intervals.length)).toFixed(1)),
  fpsMedian: Number((1000 / quantile(intervals, 0.5)).toFixed(1)),
  intervalP95Milliseconds: Number(quantile(intervals, 0.95).toFixed(1)),
  intervalMaxMilliseconds: Number(Math.max(...intervals).toFixed(1))
})

export async function servePage() {
  await build({ configFile: join(root, 'bench/ui/vite.config.ts') })
  const folder = join(root, 'out/bench-ui')
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname)
    const type = TYPES[extname(path) || '.html'] ?? 'application/octet-stream'
    readFile(join(folder, path === '/' ? 'index.html' : path)).then(
      (content) => response.writeHead(200, { 'content-type': type }).end(content),
      () => response.writeHead(404).end()
    )
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return { address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}

async function pageAt(browser, address, query) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  const errors = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  await page.goto(`${address}/?${query}`)
  await page.waitForSelector('canvas[aria-roledescription="heatmap"]', { timeout: 120_000 })
  await page.waitForFunction(() => window.greta_bench.frameReport().painted >= 1)
  return { page, errors }
}

async function heap(page) {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const usage = await session.send('Runtime.getHeapUsage')
  const mib = (bytes) => Number((bytes / 1024 ** 2).toFixed(1))
  return {
    jsMiB: mib(usage.usedSize),
    arraysMiB: mib(usage.backingStorageSize ?? 0),
    totalMiB: mib(usage.usedSize + (usage.backingStorageSize ?? 0) + (usage.embedderHeapUsedSize ?? 0))
  }
}

export async function measureHeatmap({ seconds = 6 } = {}) {
  const served = await servePage()
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: CHROMIUM_FLAGS
  })
  try {
    const results = { synthetic: true, cells: 0, panAndZoom: {}, live: {}, errors: [] }
    const big = await pageAt(browser, served.address, 'layers=80&tokens=4096&nan=1&mode=everything')
    results.cells = (80 * 13 + 3) * 4096
    results.fillMilliseconds = Math.round(await big.page.evaluate(() => window.greta_bench.fillMilliseconds))
    for (const mode of ['everything', 'layer-token', 'operation-token']) {
      await big.page.evaluate((next) => window.greta_bench.setMode(next), mode)
      await big.page.waitForTimeout(500)
      results.panAndZoom[mode] = describe(await big.page.evaluate((time) => window.greta_bench.panAndZoom(time), seconds * 1000))
    }
    results.paint = await big.page.evaluate(() => window.greta_bench.frameReport())
    results.statisticsMiB = Number(((await big.page.evaluate(() => window.greta_bench.statisticsBytes())) / 1024 ** 2).toFixed(1))
    for (const field of ['rms', 'mean', 'absmax']) await big.page.evaluate((next) => window.greta_bench.setField(next), field)
    await big.page.waitForTimeout(500)
    results.heap = await heap(big.page)
    results.errors.push(...big.errors)
    await big.page.close()
    const live = await pageAt(browser, served.address, 'layers=24&tokens=4096&live=1&mode=layer-token')
    results.live['200 tokens/s, 24 layers, 12.6 KB a token'] = describe(
      await live.page.evaluate((time) => window.greta_bench.live(200, time), seconds * 1000)
    )
    results.errors.push(...live.errors)
    return results
  } finally {
    await browser.close()
    served.close()
  }
}

/** The bars of Layers, one line each. */
export function heatmapBarLines({ panAndZoom, live, heap, errors }) {
  const line = (name, value, bar, ok, more = '') => `${ok ? '✓' : '✗'} ${name}: ${value} (bar: ${bar}${more})`
  const rate = (name, frames, bar) =>
    line(
      name,
      `${frames.fpsMedian} frames/s median`,
      `>= ${bar}`,
      frames.fpsMedian >= bar,
      `; mean ${frames.fpsMean}, p95 interval ${frames.intervalP95Milliseconds} ms`
    )
  return [
    ...Object.entries(panAndZoom).map(([mode, frames]) => rate(`pan and zoom, 80 layers x 13 points x 4,096 tokens, ${mode}`, frames, 55)),
    ...Object.entries(live).map(([name, frames]) => rate(name, frames, 58)),
    line('memory of the page with that run', `${heap.totalMiB} MiB`, '<= 600 MiB', heap.totalMiB <= 600),
    line('errors in the console', errors.length, '0', errors.length === 0)
  ]
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv.includes('--page-only')) {
    const served = await servePage()
    served.close()
  } else console.log(JSON.stringify(await measureHeatmap(), undefined, 2))
}
