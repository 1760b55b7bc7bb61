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
const PAIRS = 7

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

/** From the start of the process to the page's first contentful paint, in an empty tab of a browser that is open already. */
async function firstPaint(browser) {
  const times = []
  const usable = []
  const listens = []
  for (let run = 0; run < 6; run += 1) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    await page.goto('about:blank')
    const { url, startedAt, end } = await serve()
    listens.push(performance.timeOrigin + performance.now() - startedAt)
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
    await page.getByRole('button', { name: 'Write a story' }).and(page.locator(':enabled')).waitFor()
    usable.push(performance.timeOrigin + performance.now() - startedAt)
    await page.close()
    await end()
  }
  const warm = (values) => round(median(values.slice(1)))
  return {
    coldMilliseconds: round(times[0]),
    warmMedianMilliseconds: warm(times),
    listensMilliseconds: warm(listens),
    modelReadyMilliseconds: warm(usable)
  }
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

const CAPTURES = {
  stats: { level: 'stats', candidates: 10, timings: true }, // as Play has it when nobody changed anything
  off: { level: 'off', candidates: 0, timings: false }
}

const infer = (level) => {
  const words = ['--prompt', 'Once upon a time', '--greedy', '--max-tokens', String(GENERATED_TOKENS), '--json']
  if (level === 'stats') words.push('--stats')
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
      const listen = (data, isBinary) => {
        const message = isBinary ? undefined : JSON.parse(new TextDecoder().decode(data))
        if (message?.id !== mine) return
        socket.off('message', listen)
        if (message.result.ok) answered(message.result.value)
        else refused(new Error(message.result.error.message))
      }
      socket.on('message', listen)
      socket.send(JSON.stringify({ kind: 'request', id: mine, method, params }))
    })
  const settings = (await call('settings.get', {})).generation
  return {
    async generate(level) {
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
        capture: CAPTURES[level]
      })
      return finished
    },
    close: () => socket.close()
  }
}

/** The same greedy story, alternately by the command line and through the app beside an open page; with statistics and without. */
async function rates(browser) {
  const { url, end } = await serve()
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  try {
    await page.goto(url)
    await page.getByRole('button', { name: 'Write a story' }).waitFor()
    const beside = await generateBesidePage(url)
    await beside.generate('stats') // warm, as the command line's file cache is
    infer('stats')
    const pairs = { stats: [], off: [] }
    for (let pair = 0; pair < PAIRS; pair += 1)
      for (const level of ['stats', 'off']) pairs[level].push({ app: await beside.generate(level), commandLine: infer(level) })
    beside.close()
    return { tokens: GENERATED_TOKENS, ...summary(pairs.stats), captureOff: summary(pairs.off) }
  } finally {
    await page.close()
    await end()
  }
}

function summary(pairs) {
  const ratios = pairs.map(({ app, commandLine }) => app / commandLine)
  return {
    appTokensPerSecond: round(median(pairs.map(({ app }) => app)), 2),
    commandLineTokensPerSecond: round(median(pairs.map(({ commandLine }) => commandLine)), 2),
    ratioMedian: round(median(ratios), 3),
    ratios: ratios.map((ratio) => round(ratio, 3))
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
