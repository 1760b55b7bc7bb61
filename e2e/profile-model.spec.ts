import { readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { accessibilityFindings, beginStory, openWorkbench, showView } from './support/page'
import { expect, test } from './support/serve'

const inspector = (page: Page) => page.getByRole('complementary', { name: 'Inspector' })

test.describe('Profile', () => {
  test('blocks add up to the step, and the trace opens as one', async ({ quietPage: page, workbench }) => {
    await openWorkbench(page, workbench.url)
    await beginStory(page)
    await showView(page, 'Profile')
    const table = page.getByRole('table', { name: 'Times by block' })
    await expect(table.getByRole('row', { name: /^step/ })).toBeVisible()
    const means: number[] = []
    for (const row of await table.getByRole('row').all()) {
      const cells = await row.getByRole('cell').allInnerTexts()
      if (cells.length > 1) means.push(Number(cells[1]))
    }
    const step = means.pop() as number
    expect(Math.abs(means.reduce((sum, mean) => sum + mean, 0) - step)).toBeLessThan(0.01 + step * 0.001)

    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Perfetto trace' }).click()
    const file = JSON.parse(readFileSync(await (await saved).path(), 'utf8')) as {
      traceEvents: { ph: string; ts: number; dur?: number; tid: number }[]
    }
    const slices = file.traceEvents.filter((event) => event.ph === 'X')
    expect(file.traceEvents.filter((event) => event.ph === 'M').length).toBeGreaterThanOrEqual(3)
    expect(slices.length).toBeGreaterThan(50)
    for (const slice of slices) expect(slice.dur).toBeGreaterThan(0)

    await page.getByRole('radio', { name: 'Over layers' }).click()
    await expect(page.getByRole('grid', { name: 'Times by layer' })).toHaveAttribute('aria-rowcount', '10')
  })
})

test.describe('Model', () => {
  test('metadata, tensors with search, statistics of a weight', async ({ quietPage: page, workbench }) => {
    await openWorkbench(page, workbench.url)
    await showView(page, 'Model')
    await expect(page.getByRole('main').getByRole('heading', { name: /GRETA Stories/ })).toBeVisible()
    await expect(page.getByRole('complementary', { name: 'Inspector' })).toBeHidden()
    await page.getByRole('tab', { name: 'Tensors' }).click()
    await expect(page.getByRole('complementary', { name: 'Inspector' })).toContainText('No tensor chosen')
    await page.getByRole('searchbox', { name: 'Search tensors' }).fill('blk.3 q4_k ffn')
    const grid = page.getByRole('grid', { name: 'Tensors' })
    await expect(grid.getByRole('row').nth(1)).toContainText('blk.3.ffn')
    await grid.focus()
    await page.keyboard.press('ArrowDown')
    await expect(inspector(page).getByText('Standard deviation')).toBeVisible()
    await expect(inspector(page).getByText(/values after dequantisation/)).toBeVisible()
    await page.getByRole('tab', { name: 'Metadata' }).click()
    await page.getByRole('searchbox', { name: 'Search metadata' }).fill('block_count')
    await expect(page.getByRole('grid', { name: 'Metadata' }).getByRole('row').nth(1)).toContainText('8')
  })

  test('a memory plan for every device before anything is loaded, moved by the options', async ({ quietPage: page, workbench }) => {
    await openWorkbench(page, workbench.url)
    await showView(page, 'Model')
    await page.getByRole('tab', { name: 'Load' }).click()
    const cpu = page.getByRole('article', { name: 'cpu' })
    const cache = () => cpu.getByText('KV cache').innerText()
    await expect(cpu).toContainText('fits')
    const before = await cache()
    await page.getByRole('radio', { name: 'f32' }).first().click()
    await expect.poll(cache).not.toBe(before)
  })

  test('a file that is no model is refused in words', async ({ quietPage: page, workbench }) => {
    await openWorkbench(page, workbench.url)
    await showView(page, 'Model')
    await page.getByRole('textbox', { name: /Path of a GGUF/ }).fill('/nowhere/at-all.gguf')
    await page.getByRole('button', { name: 'Open', exact: true }).click()
    await expect(page.getByRole('heading', { name: 'This model cannot be opened' })).toBeVisible()
    await expect(page.getByRole('main').getByRole('alert')).toContainText('/nowhere/at-all.gguf')
  })
})

test('no serious finding of axe in any part of Model', async ({ quietPage: page, workbench }) => {
  await openWorkbench(page, workbench.url)
  await showView(page, 'Model')
  for (const tab of ['Overview', 'Load', 'Tensors', 'Metadata', 'Tokenizer', 'Chat template']) {
    await page.getByRole('tab', { name: tab }).click()
    expect(await accessibilityFindings(page), tab).toEqual([])
  }
})
