import { spawnSync } from 'node:child_process'
import { openWorkbench, showView } from './support/page'
import { expect, root, test } from './support/serve'

/** What the command line prints. */
function commandLine(program: 'greta' | 'greta_infer', ...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`bin/${program}`, ...words], { cwd: root, encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  return stdout
}

/** Everything in a text that is a number. */
const digits = (text: string): readonly string[] => text.match(/<?[-+]?\d[\d.]*(?:e[-+]\d+)?/g) ?? []

test('the page and the command line write the same digits for the same run', async ({ quietPage: page, workbench }) => {
  await openWorkbench(page, workbench.url)
  // One token in, one token out: what the command line sums up over the run is what one cell shows.
  await page.getByRole('radio', { name: 'Tokens' }).click()
  await page.getByPlaceholder('Token ids').fill('1')
  await page.getByRole('textbox', { name: 'Max tokens' }).fill('1')
  await page.getByRole('button', { name: 'Generate', exact: true }).click()
  await expect(page.getByTestId('generated-count')).toHaveText(/^1 /)
  await expect(page.getByRole('button', { name: 'Generate', exact: true })).toBeVisible()

  await showView(page, 'Layers')
  await expect(page.getByText('No NaN, no infinity, nothing saturated').first()).toBeVisible()
  await page.locator('canvas[aria-roledescription="heatmap"]').click({ position: { x: 300, y: 200 } })
  const inspector = page.getByRole('complementary', { name: 'Inspector' })
  await expect(inspector.getByRole('heading', { level: 2 })).toContainText(' · ')
  const heading = (await inspector.getByRole('heading', { level: 2 }).innerText()).split(' · ')
  const [layer, point] = [heading[0] ?? '', heading[1] ?? '']
  const report = commandLine('greta_infer', '--prompt-ids', '1', '--max-tokens', '1', '--greedy', '--stats')
  const line = report.split('\n').find((text) => text.trim().startsWith(`${layer} ${point} `))
  expect(line, `${layer} ${point}`).toBeDefined()
  const [, , ...figures] = (line ?? '').trim().split(/\s+/)
  const shown = (name: string): Promise<string> => inspector.locator(`dt:has-text("${name}") + dd`).first().innerText()
  expect(await Promise.all(['Minimum', 'Maximum', 'Mean', 'RMS', 'Largest'].map(shown))).toEqual(figures.slice(0, 5))

  // What the model would say after every layer.
  await page.getByRole('tab', { name: 'Logit lens' }).click()
  const grid = page.getByRole('grid', { name: 'Logit lens' })
  await expect(grid.getByRole('row').nth(8)).toBeVisible()
  const lens = commandLine('greta', 'lens', '--prompt-ids', '1', '--position', '0', '--candidates', '3')
  for (const [row, text] of lens.split('\n').slice(1, 9).entries()) {
    const shares = [...text.matchAll(/ (<?[\d.]+ %)/g)].map((match) => match[1])
    const cells = grid
      .getByRole('row')
      .nth(row + 1)
      .locator('.num')
    const pageShares = async () => (await cells.allInnerTexts()).filter((cell) => cell.endsWith('%')).slice(0, 3)
    await expect.poll(pageShares, `layer ${row}`).toEqual(shares)
  }

  // The memory plan.
  await showView(page, 'Model')
  await page.getByRole('tab', { name: 'Load' }).click()
  const plan = commandLine('greta', 'inspect')
  const cpu = page.getByRole('article', { name: 'cpu' })
  await expect(cpu).toContainText('fits')
  const planned = (name: string): string | undefined => new RegExp(`^ +${name} +(\\S+ \\S+)`, 'm').exec(plan)?.[1]
  for (const [english, name] of [
    ['KV cache', 'KV cache'],
    ['Activations', 'activations'],
    ['Logits history', 'logits history']
  ] as const)
    expect(digits(await cpu.getByText(english).first().innerText()).join(), english).toBe(digits(planned(name) ?? 'absent').join())
  await expect(cpu).toContainText(`${planned('total')} of`)
})
