import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, expect, type Page, test } from '@playwright/test'
import { generatedCount } from './support/page'
import { makeGenerationsLast, root, startWorkbench } from './support/serve'

interface TraceEntry {
  readonly what: string
  readonly detail?: unknown
}

/** The real src/main and src/preload on the Electron double. */
class DesktopApp {
  readonly trace: TraceEntry[] = []
  readonly exit: Promise<number | null>
  readonly dataFolder = mkdtempSync(join(tmpdir(), 'greta-desktop-'))
  private readonly child: ChildProcess
  private readonly connections: Browser[] = []

  private constructor(
    private readonly debugPort: number,
    environment: Record<string, string>,
    lasting: boolean
  ) {
    if (lasting) makeGenerationsLast(this.dataFolder)
    this.child = fork('out/main/index.js', [], {
      cwd: root,
      execArgv: ['--import', './e2e/electron-double/register.mjs'],
      env: {
        ...process.env,
        GRETA_DATA_DIR: this.dataFolder,
        DOUBLE_USER_DATA: this.dataFolder,
        DOUBLE_CDP_PORT: String(debugPort),
        ...environment
      }
    })
    this.child.on('message', (entry) => this.trace.push(entry as TraceEntry))
    this.exit = new Promise((resolve) => this.child.on('exit', resolve))
    // A test that runs into its time limit may not reach end(): the app goes with the worker all the same.
    process.once('exit', () => this.child.kill('SIGKILL'))
  }

  static async start({
    environment = {},
    lasting = false
  }: {
    readonly environment?: Record<string, string>
    readonly lasting?: boolean
  } = {}): Promise<DesktopApp> {
    return new DesktopApp(await freePort(), environment, lasting)
  }

  async page(): Promise<Page> {
    await expect.poll(() => this.trace.map(({ what }) => what)).toContain('loaded')
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${this.debugPort}`)
    this.connections.push(browser)
    const page = browser
      .contexts()
      .flatMap((context) => context.pages())
      .find((candidate) => candidate.url().startsWith('http://127.0.0.1'))
    if (page === undefined) throw new Error('the double shows no page')
    return page
  }

  async ask(ask: string, detail?: unknown, answer?: string): Promise<unknown> {
    const before = this.trace.length
    this.child.send({ ask, detail })
    if (answer === undefined) return undefined
    await expect.poll(() => this.trace.slice(before).some(({ what }) => what === answer)).toBe(true)
    return this.trace.slice(before).find(({ what }) => what === answer)?.detail
  }

  async end(): Promise<void> {
    // Before its browser goes: the next test's tracing would ask the contexts of a connection that is gone.
    for (const connection of this.connections) await connection.close().catch(() => undefined)
    this.child.kill('SIGKILL')
    await this.exit
    rmSync(this.dataFolder, { recursive: true, force: true })
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

const runsOf = (app: DesktopApp): readonly string[] => {
  const folder = join(app.dataFolder, 'runs')
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.greta')) : []
}

test('the desktop app: a locked window, a story through its own port, and an orderly end', async () => {
  const app = await DesktopApp.start()
  try {
    const page = await app.page()
    const opened = app.trace.find(({ what }) => what === 'window')?.detail
    expect(opened).toMatchObject({ webPreferences: { sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true } })
    expect(app.trace.find(({ what }) => what === 'schemes')?.detail).toMatchObject([
      { scheme: 'greta', privileges: { standard: true, secure: true } }
    ])

    await expect(page.getByRole('button', { name: 'Write a story' })).toBeEnabled()
    await page.getByRole('button', { name: 'Write a story' }).click()
    await expect.poll(() => runsOf(app).length, { timeout: 60_000 }).toBe(1)
    expect(app.trace.filter(({ what }) => /error/.test(what))).toEqual([])

    // Nothing leads out of the window.
    await page.evaluate(() => window.open('https://example.com/'))
    await expect.poll(() => app.trace.find(({ what }) => what === 'popup')?.detail).toBe('deny')
    await page.evaluate(() => location.assign('https://example.com/'))
    await expect.poll(() => app.trace.find(({ what }) => what === 'navigation')?.detail).toBe('prevented')
    for (const permission of ['media', 'geolocation', 'notifications', 'usb', 'openExternal', 'clipboard-read'])
      expect(await app.ask('permission', permission, 'permission'), permission).toBe('denied')

    // Only the window's own top frame may ask for ports.
    const portsBefore = await app.ask('forged-ready', undefined, 'forged')
    expect(await app.ask('forged-ready', undefined, 'forged')).toBe(portsBefore)

    expect(await page.evaluate(() => ['require', 'process', 'module'].filter((name) => name in window))).toEqual([])
    await app.ask('close-window')
    expect(await app.exit).toBe(0)
  } finally {
    await app.end()
  }
})

test('the desktop app: a killed engine comes back with its model', async () => {
  const app = await DesktopApp.start({ lasting: true })
  try {
    const page = await app.page()
    await page.getByRole('textbox', { name: 'Prompt' }).fill('One day')
    await page.getByRole('button', { name: 'Generate', exact: true }).click()
    const journal = (): string | undefined => readdirSync(join(app.dataFolder, 'runs')).find((name) => name.endsWith('.journal'))
    await expect.poll(() => existsSync(join(app.dataFolder, 'runs')) && journal() !== undefined).toBe(true)
    const engine = Number(journal()?.split('.')[1])
    // Something to keep; it does not end by itself.
    await expect.poll(() => generatedCount(page)).toBeGreaterThan(2)
    process.kill(engine, 'SIGKILL')
    await expect(page.getByText(/engine process ended/).first()).toBeVisible()
    await expect.poll(() => runsOf(app).length).toBe(1)
    await page.getByLabel('Max tokens').first().fill('8')
    await page.getByRole('button', { name: 'Generate', exact: true }).click()
    await expect.poll(() => runsOf(app).length).toBe(2)
  } finally {
    await app.end()
  }
})

test('the double refuses insecure windows', async () => {
  const { insecurities } = (await import('./electron-double/browser-window.mjs' as string)) as {
    insecurities: (options: object, sandboxed: boolean) => string[]
  }
  const sound = { sandbox: true, contextIsolation: true, nodeIntegration: false, preload: join(root, 'out/preload/index.cjs') }
  expect(insecurities({ webPreferences: sound }, true)).toEqual([])
  for (const bad of [
    { sandbox: false },
    { contextIsolation: false },
    { nodeIntegration: true },
    { webSecurity: false },
    { webviewTag: true },
    { allowRunningInsecureContent: true },
    { preload: '/nowhere.cjs' }
  ])
    expect(insecurities({ webPreferences: { ...sound, ...bad } }, true), JSON.stringify(bad)).toHaveLength(1)
  expect(insecurities({ webPreferences: { preload: sound.preload } }, false)).toHaveLength(1)
})

test('the preload bundle is one file that needs nothing but electron', () => {
  const code = readFileSync(join(root, 'out/preload/index.cjs'), 'utf8')
  expect([...code.matchAll(/require\(["'`]([^"'`]+)["'`]\)/g)].map((match) => match[1])).toEqual(['electron'])
  expect(code).not.toMatch(/\bimport\s*\(/)
})

test('the desktop app shows a remote workbench', async () => {
  const app = await DesktopApp.start()
  const { workbench, end } = await startWorkbench()
  try {
    const page = await app.page()
    await page.getByRole('button', { name: 'Server' }).click()
    await page
      .getByLabel(/address/i)
      .first()
      .fill(workbench.url)
    await page
      .getByRole('button', { name: /connect/i })
      .first()
      .click()
    await expect(page.getByText(`127.0.0.1:${workbench.port}`).first()).toBeVisible()
    await page.getByRole('button', { name: 'Play', exact: true }).click()
    await page.getByRole('button', { name: 'Write a story' }).click()
    await expect.poll(() => readdirSync(join(workbench.dataFolder, 'runs')).filter((name) => name.endsWith('.greta')).length).toBe(1)
    expect(runsOf(app)).toEqual([])
  } finally {
    await end()
    await app.end()
  }
})

test('a packaged app shows whose code is in it', async () => {
  const resources = mkdtempSync(join(tmpdir(), 'greta-resources-'))
  symlinkSync(join(root, 'native/build'), join(resources, 'native'))
  symlinkSync(join(root, 'resources/models'), join(resources, 'models'))
  const app = await DesktopApp.start({ environment: { DOUBLE_RESOURCES: resources } })
  try {
    await app.page()
    expect(await app.ask('menu', 'Third-Party Notices', 'open-path')).toBe(join(resources, 'THIRD_PARTY_NOTICES.txt'))
  } finally {
    await app.end()
    rmSync(resources, { recursive: true, force: true })
  }
})
