import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { generatedCount } from './support/page'
import { expect, startWorkbench, test } from './support/serve'

test('a story is written in one click, in the address bar no token is left', async ({ quietPage: page, workbench }) => {
  await page.goto(workbench.url)
  await expect(page.getByRole('button', { name: 'Write a story' })).toBeEnabled()
  expect(page.url()).not.toContain('token')
  // Specs before this one may have left runs of their own in the worker's workbench, the last of them still being written.
  await expect.poll(() => filesOfRuns(workbench.dataFolder, '.journal')).toBe(0)
  const runsBefore = savedRuns(workbench.dataFolder)
  await page.getByRole('button', { name: 'Write a story' }).click()
  await expect.poll(() => savedRuns(workbench.dataFolder), { timeout: 60_000 }).toBe(runsBefore + 1)
  await page.reload()
  await expect(page.getByRole('button', { name: 'Write a story' })).toBeEnabled()
})

test('a wrong token is refused, and the page says so', async ({ page, workbench }) => {
  await page.goto(workbench.url.replace(/token=.*/, `token=${'x'.repeat(43)}`))
  await expect(page.getByText(/refused the token/).first()).toBeVisible()
})

test('a page of another origin gets no socket', async ({ page, workbench }) => {
  await page.route('http://evil.example/', (route) => route.fulfill({ contentType: 'text/html', body: '<title>evil</title>' }))
  await page.goto('http://evil.example/')
  const outcome = await page.evaluate(
    ([port, token]) =>
      new Promise((resolve) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['greta.v1', `token.${token}`])
        socket.onopen = () => resolve('open')
        socket.onerror = () => resolve('refused')
      }),
    [workbench.port, workbench.token] as const
  )
  expect(outcome).toBe('refused')
})

test('the engine is killed while it generates: the page says what happened and goes on, its text kept', async ({ page }) => {
  const { workbench, end } = await startWorkbench([], { lasting: true })
  try {
    await page.goto(workbench.url)
    const prompt = page.getByRole('textbox', { name: 'Prompt' })
    await prompt.fill('One day, a small cat')
    await page.getByRole('button', { name: 'Generate', exact: true }).click()
    const journal = (): string | undefined => {
      const folder = join(workbench.dataFolder, 'runs')
      return existsSync(folder) ? readdirSync(folder).find((name) => name.endsWith('.journal')) : undefined
    }
    await expect.poll(journal, { timeout: 30_000 }).toBeDefined()
    const engine = Number(journal()?.split('.')[1])
    await expect.poll(() => generatedCount(page)).toBeGreaterThan(2) // something to keep; it does not end by itself
    process.kill(engine, 'SIGKILL')
    await expect(page.getByText(/killed by SIGKILL/).first()).toBeVisible()
    await expect(prompt).toHaveValue('One day, a small cat')
    await expect.poll(() => readdirSync(join(workbench.dataFolder, 'runs')).some((name) => name.endsWith('.greta'))).toBe(true)
    // The engine is back with its model: the next story is written.
    await page.getByLabel('Max tokens').first().fill('8')
    await page.getByRole('button', { name: 'Generate', exact: true }).click()
    await expect
      .poll(() => readdirSync(join(workbench.dataFolder, 'runs')).filter((name) => name.endsWith('.greta')).length, { timeout: 30_000 })
      .toBe(2)
  } finally {
    await end()
  }
})

function filesOfRuns(dataFolder: string, suffix: string): number {
  const folder = join(dataFolder, 'runs')
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(suffix)).length : 0
}

const savedRuns = (dataFolder: string): number => filesOfRuns(dataFolder, '.greta')
