import { spawnSync } from 'node:child_process'
import type { Page } from '@playwright/test'
import { holdUntilCancelled } from './support/hold'
import { accessibilityFindings, beginStory, codeLoaded, generationEnded, openWorkbench, showView, tokenAt } from './support/page'
import { expect, test } from './support/serve'

const report = (page: Page) => page.getByTestId('check-report')
const verdict = (page: Page) => report(page).getByTestId('verdict')
const inspector = (page: Page) => page.getByRole('complementary', { name: 'Inspector' })

async function openChecks(page: Page, tab: string): Promise<void> {
  await showView(page, 'Compare')
  await page.getByRole('tab', { name: tab }).click()
  await expect(page.getByRole('tab', { name: tab })).toHaveAttribute('aria-selected', 'true')
  await codeLoaded(page)
}

async function run(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeVisible({ timeout: 80_000 })
}

test('parity: verdict with limits, positions, and a tensor opened in Layers', async ({ quietPage: page, workbench }) => {
  await openWorkbench(page, workbench.url)
  await openChecks(page, 'Parity')
  await expect(report(page).getByText('Parity: not run yet')).toBeVisible()
  await inspector(page).getByRole('textbox').fill('Once upon a time there was a little robot.')
  await run(page)
  await expect(verdict(page)).toContainText('Within limits')
  await expect(verdict(page)).toContainText(/limits: NMSE of logits \d\.\d\de-\d+ · mean KL divergence/)
  const positions = page.getByRole('grid', { name: 'Positions, worst first' })
  const cells = positions.getByRole('row').locator('div[role=gridcell]:nth-child(4)')
  await expect(cells.nth(4)).toBeVisible()
  const divergences = (await cells.allTextContents()).map(Number)
  expect([...divergences].sort((a, b) => b - a)).toEqual(divergences)

  const picture = page.getByRole('application', { name: /Heatmap: Cumulative NMSE/ })
  await picture.focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowDown')
  await expect(report(page).getByText(/^1 · .*: cumulative NMSE/)).toBeVisible()
  await page.getByRole('button', { name: 'Show as a table' }).click()
  await expect(page.getByRole('grid', { name: 'By layer and operation' })).toHaveAttribute('aria-rowcount', String(8 * 13 + 2 + 1))

  // The text is no run yet: opening a tensor makes one.
  await report(page).getByRole('button', { name: 'Open tensor' }).click()
  await expect(page.getByRole('main')).toHaveAccessibleName('Layers')
  await expect(inspector(page).getByRole('heading', { level: 2 })).toHaveText(/^1 · /)
})

test('another KV type is judged by its own limits, and a side that cannot be is one sentence', async ({ quietPage: page, workbench }) => {
  await openWorkbench(page, workbench.url)
  await openChecks(page, 'Parity')
  await inspector(page).getByRole('combobox', { name: 'Reference: KV cache' }).click()
  await page.getByRole('option', { name: 'f32' }).click()
  await run(page)
  await expect(verdict(page)).toContainText('f16 against f32 KV cache')
  await expect(report(page)).toContainText('KV f32')
})

test('the fault lab names five faults; one is exported as a repro that stands alone', async ({ quietPage: page, workbench }) => {
  await openWorkbench(page, workbench.url)
  await openChecks(page, 'Fault lab')
  await run(page)
  await expect(verdict(page)).toContainText('5 of 5 faults named')
  const exercise = page.getByRole('listitem').filter({ hasText: 'dropped K tile' })
  await expect(exercise).toContainText(/this range of K does not take part/)
  await exercise.getByRole('button', { name: 'Export repro' }).click()
  const folder = await exercise.getByRole('status').locator('code').innerText()
  const check = spawnSync(process.execPath, [`${folder}/check.mjs`], { encoding: 'utf8' })
  expect(check.stdout).toMatch(/REPRO=DIFFERS/)
})

test('a check is cancelled, from the palette it is started', async ({ quietPage: page, workbench }) => {
  await holdUntilCancelled(page, 'numerics.faultLab', 'numerics.cancel')
  await openWorkbench(page, workbench.url)
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Command palette' }).fill('fault lab')
  await expect(page.getByRole('option', { selected: true })).toContainText(/fault lab/i)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('main')).toHaveAccessibleName('Compare')
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeVisible()
  await expect(report(page).getByText('Fault lab: not run yet')).toBeVisible()
})

test('the reference follows a generation: strip, flips, heatmap and table', async ({ quietPage: page, workbench }) => {
  await openWorkbench(page, workbench.url)
  const follow = page.getByRole('switch', { name: 'Follow' })
  await follow.click()
  await expect(follow).toBeChecked()
  await beginStory(page, 12)
  const strip = page.getByTestId('drift')
  await expect.poll(async () => Number(await strip.getAttribute('data-compared'))).toBeGreaterThan(8)
  await expect(strip.getByRole('img', { name: /tokens compared with the reference/ })).toBeVisible()
  expect(await accessibilityFindings(page)).toEqual([])
  await strip.getByRole('button', { name: 'Drift by layer and token' }).click()
  const table = page.getByRole('grid', { name: 'Drift by token' })
  const cells = table.getByRole('row').locator('div[role=gridcell]:nth-child(5)')
  await expect(cells.nth(4)).toBeVisible()
  const errors = (await cells.allTextContents()).map(Number)
  expect(errors.filter((error) => !Number.isNaN(error)).length).toBeGreaterThan(0)
  expect(Math.max(...errors.filter((error) => !Number.isNaN(error)))).toBeLessThan(1e-2)
  await expect(page.getByRole('application', { name: 'Heatmap: relative error by layer and token' })).toBeVisible()
  expect(await accessibilityFindings(page)).toEqual([])
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
  await follow.focus()
  await page.keyboard.press('Space')
  await expect(follow).not.toBeChecked()
})

test('a recorded run follows: bits agree until the texts part', async ({ quietPage: page, workbench }) => {
  await openWorkbench(page, workbench.url)
  await beginStory(page, 12)
  // The first run becomes the reference; it has to be recorded with sketches for its layers to be compared.
  const strip = page.getByTestId('drift')
  await strip.getByRole('switch', { name: 'New runs can be a reference' }).click()
  await page.getByRole('button', { name: 'Regenerate' }).click()
  await generationEnded(page)
  await strip.getByRole('combobox', { name: 'What follows' }).click()
  await page.getByRole('option').nth(1).click()
  const follow = strip.getByRole('switch', { name: /^Follow/ })
  await follow.click()
  await expect(follow).toBeChecked()
  await page.getByRole('button', { name: 'Regenerate' }).click()
  await generationEnded(page)
  await expect.poll(async () => Number(await strip.getAttribute('data-compared'))).toBeGreaterThan(0)
  await strip.getByRole('button', { name: 'Drift by layer and token' }).click()
  const drawer = page.getByRole('dialog')
  await expect(drawer).toContainText(/run \S+ · cpu · Q4_K_M, recorded/)
  await expect(drawer).toContainText(/Not compared from token \d+ on/)
  await expect(drawer.getByRole('grid', { name: 'Drift by token' }).getByRole('row').nth(1)).toContainText('0')
  expect(await accessibilityFindings(page)).toEqual([])
  await page.keyboard.press('Escape')
  await strip.getByRole('switch', { name: 'Follow' }).click()
})

test('what if: other knobs on a recorded row, apart from the record', async ({ quietPage: page, workbench }) => {
  await openWorkbench(page, workbench.url)
  await beginStory(page, 12)
  await (await tokenAt(page, 12)).click()
  await page.keyboard.press('Control+l')
  const drawer = page.getByRole('dialog', { name: 'All logits' })
  const stages = drawer.getByTestId('stages')
  await expect(stages.getByRole('listitem').filter({ hasText: 'Top-k' })).toContainText(/\d+ left|off/)
  const recorded = await stages.innerText()
  await drawer.getByRole('radio', { name: 'What if' }).click()
  await expect(drawer.getByText('What if: not what was recorded')).toBeVisible()
  // The same knobs give what the engine itself says.
  await expect.poll(() => stages.innerText()).toBe(recorded)
  await drawer.getByRole('textbox', { name: 'What if: Top-k' }).fill('3')
  await page.keyboard.press('Enter')
  await expect(stages.getByRole('listitem').filter({ hasText: 'Top-k' })).toContainText('3 left')
  expect(await accessibilityFindings(page)).toEqual([])
  await drawer.getByRole('radio', { name: 'the settings of the run' }).click()
  await expect.poll(() => stages.innerText()).toBe(recorded)
})

for (const colorScheme of ['light', 'dark'] as const)
  test(`no serious finding of axe in any check (${colorScheme})`, async ({ quietPage: page, workbench }) => {
    await page.emulateMedia({ colorScheme })
    await openWorkbench(page, workbench.url)
    for (const tab of ['Parity', 'First divergence', 'Prefill ≡ decode', 'Health']) {
      await openChecks(page, tab)
      expect(await accessibilityFindings(page), `${tab}, before`).toEqual([])
      await run(page)
      await expect(verdict(page)).toBeVisible()
      expect(await accessibilityFindings(page), tab).toEqual([])
    }
  })
