// Measures the whole workbench with the real engine and the bundled model: process start to first paint, click to finished
// story, and generation through the app against greta_infer, paired in one run. Prints one JSON object. Build first.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { chromium } from 'playwright-core'
import { WebSocket } from 'ws'
import { findChromium } from '../../scripts/lib/chromium.mjs'

const root = resolve(import.meta.dirname, '../..')
const FLAGS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'
const GENERATED_TOKENS = 160
const PAIRS = 5

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const round = (value, digits = 1) => Number(value.toFixed(digits))

async function serve() {
  const dataFolder = mkdtempSync(join(tmpdir(), 'greta-bench-'))
  const startedAt = performance.timeOrigin + performance.now()
  const child = spawn(process.execPath, [join(root, 'bin/greta'), 'serve', '--port', '0', '--json'], {
    env: { ...process.env, GRETA_DATA_DIR: dataFolder },
    stdio: ['ignore', 'pipe', 'ignore']
  })
  const url = await new Promise((found, refused) => {
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
      if (text.includes('\n')) found(JSON.parse(text).url)
    })
    child.on('exit', (code) => refused(new Error(`greta serve ended with ${code}`)))
  })
  const end = async () => {
    const gone = new Promise((done) => child.once('exit', done))
    child.kill('SIGTERM')
    await gone
    rmSync(dataFolder, { recursive: true, force: true })
  }
  return { url, startedAt, end }
}

/** From the start of the process to the page's first contentful paint, in a browser that is open already. */
async function firstPaint(browser) {
  const times = []
  for (let run = 0; run < 4; run += 1) {
    const { url, startedAt, end } = await serve()
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    await page.goto(url)
    const paintedAt = await page.evaluate(
      () =>
        new Promise((painted) => {
          const found = () => performance.getEntriesByName('first-contentful-paint')[0]
          const look = () => (found() === undefined ? requestAnimationFrame(look) : painted(performance.timeOrigin + found().startTime))
          look()
        })
    )
    times.push(paintedAt - startedAt)
    await page.close()
    await end()
  }
  return { coldMilliseconds: round(times[0]), warmMedianMilliseconds: round(median(times.slice(1))) }
}

/** A click on a fresh workbench to the end of its story. */
async function story(browser) {
  const { url, end } = await serve()
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  try {
    await page.goto(url)
    const button = page.getByRole('button', { name: 'Write a story' })
    await button.waitFor()
    const count = page.getByTestId('generated-count')
    const begin = performance.now()
    await button.click()
    await count.waitFor()
    await page.waitForFunction(
      () => Number.parseInt(document.querySelector('[data-testid=generated-count]')?.textContent?.replace(/\D/g, '') ?? '0', 10) > 0
    )
    const firstToken = performance.now() - begin
    await page.getByRole('button', { name: 'Regenerate' }).and(page.locator(':enabled')).waitFor({ timeout: 120_000 })
    const tokens = Number.parseInt(((await count.textContent()) ?? '0').replace(/\D/g, ''), 10)
    return { clickToFirstTokenMilliseconds: round(firstToken), clickToEndMilliseconds: round(performance.now() - begin), tokens }
  } finally {
    await page.close()
    await end()
  }
}

const infer = () => {
  const words = ['--prompt', 'Once upon a time', '--greedy', '--max-tokens', String(GENERATED_TOKENS), '--stats', '--json']
  const { stdout } = spawnSync(process.execPath, [join(root, 'bin/greta_infer'), ...words], { encoding: 'utf8', maxBuffer: 1 << 28 })
  return JSON.parse(stdout).timings.decode_tok_s
}

/** Asks the workbench beside its page, which shows the run as any other: the summary is the engine's own report. */
async function generateBesidePage(url) {
  const { host, hash } = new URL(url)
  const token = new URLSearchParams(hash.slice(1)).get('token')
  const socket = new WebSocket(`ws://${host}/ws`, ['greta.v1', `token.${token}`])
  await new Promise((open, refused) => socket.once('open', open).once('error', refused))
  let id = 0
  const call = (method, params) =>
    new Promise((answered, refused) => {
      const mine = ++id
      socket.on('message', (data, isBinary) => {
        const message = isBinary ? undefined : JSON.parse(new TextDecoder().decode(data))
        if (message?.id !== mine) return
        if (message.result.ok) answered(message.result.value)
        else refused(new Error(message.result.error.message))
      })
      socket.send(JSON.stringify({ kind: 'request', id: mine, method, params }))
    })
  const settings = (await call('settings.get', {})).generation
  return {
    async generate() {
      const finished = new Promise((done) => {
        const listen = (data, isBinary) => {
          const message = isBinary ? undefined : JSON.parse(new TextDecoder().decode(data))
          if (message?.event !== 'run.finished') return
          socket.off('message', listen)
          done(message.data.summary.decodeTokensPerSecond)
        }
        socket.on('message', listen)
      })
      await call('generate.start', {
        prompt: { kind: 'raw', text: 'Once upon a time', addSpecial: true, parseSpecial: false },
        sampling: { ...settings.sampling, temperature: 0, repeatPenalty: 1 },
        stopping: { maxTokens: GENERATED_TOKENS, stopStrings: [], ignoreEos: false },
        capture: { level: 'stats', candidates: 10, timings: true }
      })
      return finished
    },
    close: () => socket.close()
  }
}

/** The same greedy story with statistics, alternately by the command line and with an open page that shows it. */
async function rates(browser) {
  const { url, end } = await serve()
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  try {
    await page.goto(url)
    await page.getByRole('button', { name: 'Write a story' }).waitFor()
    const beside = await generateBesidePage(url)
    await beside.generate() // warm, as the command line's file cache is
    infer()
    const pairs = []
    for (let pair = 0; pair < PAIRS; pair += 1) pairs.push({ app: await beside.generate(), commandLine: infer() })
    beside.close()
    const ratios = pairs.map(({ app, commandLine }) => app / commandLine)
    return {
      tokens: GENERATED_TOKENS,
      appTokensPerSecond: round(median(pairs.map(({ app }) => app)), 2),
      commandLineTokensPerSecond: round(median(pairs.map(({ commandLine }) => commandLine)), 2),
      ratioMedian: round(median(ratios), 3),
      ratios: ratios.map((ratio) => round(ratio, 3))
    }
  } finally {
    await page.close()
    await end()
  }
}

export async function measureApp() {
  const browser = await chromium.launch({ executablePath: findChromium(), headless: true, args: FLAGS.split(' ') })
  try {
    return { firstPaint: await firstPaint(browser), story: await story(browser), generation: await rates(browser) }
  } finally {
    await browser.close()
  }
}

if (process.argv[1] === import.meta.filename) console.log(JSON.stringify(await measureApp(), undefined, 2))
