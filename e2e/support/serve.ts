import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base, expect, type Page } from '@playwright/test'
import { STORY_SAMPLING } from '../../src/shared/model/sampling'
import { DEFAULT_CAPTURE, DEFAULT_STOPPING, type SettingsPatch, toSamplingMessage } from '../../src/shared/protocol'

export interface Workbench {
  /** With the token. */
  readonly url: string
  readonly port: number
  readonly token: string
  readonly process: ChildProcess
  /** Its settings and runs: a folder of its own, removed at the end. */
  readonly dataFolder: string
  /** What it wrote to standard error so far. */
  readonly log: () => string
}

export const root = join(import.meta.dirname, '../..')

/**
 * Settings with which a generation is still under way when a test looks at it, on a machine however fast: the model's own end
 * does not end it, and before the context is full thousands of tokens have to be written. It ends when it is stopped.
 */
const LASTING: SettingsPatch = {
  generation: {
    sampling: toSamplingMessage(STORY_SAMPLING),
    stopping: { ...DEFAULT_STOPPING, maxTokens: 1_000_000, ignoreEos: true },
    capture: DEFAULT_CAPTURE
  },
  load: { context: 16_384 },
  page: { knobs: 'kept' }
}

/** Before a workbench is started: every generation in it lasts. */
export const makeGenerationsLast = (dataFolder: string): void => writeFileSync(join(dataFolder, 'settings.json'), JSON.stringify(LASTING))

/** Starts `greta serve` on a free port with an empty data folder; `end` stops it and removes the folder. */
export async function startWorkbench(
  words: readonly string[] = [],
  { lasting = false }: { readonly lasting?: boolean } = {}
): Promise<{ readonly workbench: Workbench; readonly end: () => Promise<void> }> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'greta-e2e-'))
  if (lasting) makeGenerationsLast(dataFolder)
  const child = spawn(process.execPath, ['bin/greta', 'serve', '--port', '0', '--json', ...words], {
    cwd: root,
    env: { ...process.env, GRETA_DATA_DIR: dataFolder },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  // A test that runs into its time limit may not reach end(): the workbench goes with the worker all the same.
  const killWithUs = (): void => void child.kill('SIGKILL')
  process.once('exit', killWithUs)
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve))
  const line = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.includes('\n')) resolve(text)
    })
    child.on('exit', (code) => reject(new Error(`greta serve ended with ${code}: ${errors}`)))
  })
  const { url, port } = JSON.parse(line) as { url: string; port: number }
  const workbench = { url, port, token: url.split('token=')[1] ?? '', process: child, dataFolder, log: () => errors }
  return {
    workbench,
    async end() {
      child.kill('SIGTERM')
      await exited
      process.removeListener('exit', killWithUs)
      rmSync(dataFolder, { recursive: true, force: true })
    }
  }
}

/** `test` with a workbench of its own for every worker, and a page that fails the test when it logs an error. */
export const test = base.extend<{ quietPage: Page; lastingWorkbench: Workbench }, { workbench: Workbench }>({
  workbench: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names of the first parameter
    async ({}, use) => {
      const { workbench, end } = await startWorkbench()
      await use(workbench)
      await end()
    },
    { scope: 'worker' }
  ],
  /** For one test alone: what it generates goes on until it is stopped. */
  lastingWorkbench: async ({ page }, use) => {
    const { workbench, end } = await startWorkbench([], { lasting: true })
    await use(workbench)
    await page.goto('about:blank') // a page whose workbench goes says so in its console
    await end()
  },
  quietPage: async ({ page }, use) => {
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(String(error)))
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text())
    })
    await use(page)
    expect(problems).toEqual([])
  }
})
export { expect }
