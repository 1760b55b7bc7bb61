/// <reference lib="dom" />
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test as base, expect, type Page } from '@playwright/test'

const root = resolve(import.meta.dirname, '../..')
const nativeRequire = createRequire(import.meta.url)

export interface Served {
  /** Address with the token. */
  readonly url: string
  /** Where runs and settings are kept: empty at first. */
  readonly dataFolder: string
}

/** `greta serve` with the real engine, its own data folder and a free port; ends with the tests. */
async function serve(): Promise<{ readonly served: Served; readonly end: () => Promise<void> }> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'greta-e2e-'))
  const child = spawn(process.execPath, [join(root, 'bin/greta'), 'serve', '--port', '0', '--json'], {
    env: { ...process.env, GRETA_DATA_DIR: dataFolder },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const killWithUs = (): void => void child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const url = await addressOf(child)
  return {
    served: { url, dataFolder },
    end: async () => {
      const gone = new Promise((done) => child.once('exit', done))
      child.kill('SIGTERM')
      await gone
      process.removeListener('exit', killWithUs)
      rmSync(dataFolder, { recursive: true, force: true })
    }
  }
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((found, refused) => {
    let output = ''
    const read = (chunk: Buffer): void => {
      output += chunk.toString()
      const match = /"url":\s*"([^"]+)"/.exec(output)
      if (match?.[1] !== undefined) found(match[1])
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('exit', (code) => refused(new Error(`greta serve ended with ${code}:\n${output}`)))
  })
}

interface Fixtures {
  /** A page on the workbench, ready to generate; a console error or exception fails the test. */
  readonly workbench: Page
}

export const test = base.extend<Fixtures, { readonly served: Served }>({
  served: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names of the fixtures from this pattern
    async ({}, use) => {
      const { served, end } = await serve()
      await use(served)
      await end()
    },
    { scope: 'worker' }
  ],
  workbench: async ({ page, served }, use) => {
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    await page.goto(served.url)
    await expect(page.getByTestId('status-model')).toContainText('GRETA Stories')
    await use(page)
    expect(problems).toEqual([])
  }
})

export { expect }

/** Lets the bundled model write its story and waits for the end. */
export async function writeStory(page: Page): Promise<void> {
  await page.getByTestId('write-story').click()
  await expect(page.getByRole('button', { name: 'Stop' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Stop' })).toBeHidden({ timeout: 60_000 })
}

export type View = 'Play' | 'Layers' | 'Compare' | 'Profile' | 'Model' | 'Runs' | 'Server'
export async function show(page: Page, view: View): Promise<void> {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view }).click()
  await expect(page.getByRole('main')).toHaveAccessibleName(view)
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string
    readonly impact: string | null
    readonly help: string
    readonly nodes: readonly { readonly html: string }[]
  }[]
}

const axeSource = readFileSync(nativeRequire.resolve('axe-core/axe.min.js'), 'utf8')

/** No serious or critical finding of axe-core in what is on the screen. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axeSource)
  const result = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as AxeResult
  const serious = result.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(serious.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map(({ html }) => html.slice(0, 160)).join('\n  ')}`)).toEqual([])
}
