import { readdirSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { beginStory, openWorkbench, showView } from './support/page'
import { expect, test } from './support/serve'

const heatmap = (page: Page) => page.getByRole('application', { name: /Heatmap/ })
const inspector = (page: Page) => page.getByRole('complementary', { name: 'Inspector' })

test.describe('Layers', () => {
  test('says what is missing before there is a run, and leads on', async ({ quietPage: page, workbench }) => {
    await openWorkbench(page, workbench.url)
    await showView(page, 'Layers')
    await expect(page.getByText('No run to look into yet')).toBeVisible()
    await page.getByRole('button', { name: 'Go to Play' }).click()
    await expect(page.getByRole('main')).toHaveAccessibleName('Play')
  })

  test('a cell by keyboard: inspected, spoken, and the same number in the table twin', async ({ quietPage: page, workbench }) => {
    await openWorkbench(page, workbench.url)
    await beginStory(page)
    await showView(page, 'Layers')
    await expect(page.getByText('No NaN, no infinity, nothing saturated').first()).toBeVisible()
    await heatmap(page).focus()
    // embedding of layer 0, then down and right: layer 2, attn_out
    for (const key of ['Home', 'ArrowRight', 'ArrowDown', 'ArrowDown', ...Array.from({ length: 5 }, () => 'ArrowRight')])
      await page.keyboard.press(key)
    const panel = inspector(page)
    await expect(panel.getByRole('heading', { name: '2 · attn_out' })).toBeVisible()
    const largest = await panel.locator('dt', { hasText: 'Largest |x|' }).locator('xpath=following-sibling::dd[1]').innerText()
    expect(Number(largest)).toBeGreaterThan(0)
    await expect(page.getByTestId('live-region')).toContainText(`2 · attn_out, token`)
    await expect(page.getByTestId('live-region')).toContainText(largest)

    await page.getByRole('button', { name: 'Show as a table' }).click()
    const grid = page.getByRole('grid', { name: /Heatmap/ })
    await expect(grid).toHaveAttribute('aria-rowcount', '9')
    await expect(grid.getByRole('row', { selected: true }).getByText(largest, { exact: true })).toBeVisible()
  })

  test('Enter walks to the inputs, Backspace back; the graph is the model’s', async ({ quietPage: page, workbench }) => {
    await openWorkbench(page, workbench.url)
    await beginStory(page)
    await showView(page, 'Layers')
    await heatmap(page).focus()
    await page.keyboard.press('ArrowDown')
    const heading = inspector(page).getByRole('heading', { level: 2 })
    await page.keyboard.press('End')
    await page.keyboard.press('ArrowDown')
    const start = await heading.innerText()
    await page.keyboard.press('Enter')
    await expect(heading).not.toHaveText(start)
    await page.keyboard.press('Backspace')
    await expect(heading).toHaveText(start)
    await inspector(page)
      .getByRole('button', { name: /attn_residual|ffn_down/ })
      .first()
      .click()
    await expect(heading).toHaveText(/attn_residual|ffn_down/)
  })

  test('the values of a tensor row agree with its captured statistics', async ({ quietPage: page, workbench }) => {
    await openWorkbench(page, workbench.url)
    await beginStory(page)
    await showView(page, 'Layers')
    const box = await heatmap(page).boundingBox()
    if (box === null) throw new Error('no heatmap')
    await heatmap(page).click({ position: { x: box.width * 0.5, y: box.height * 0.6 } })
    const panel = inspector(page)
    const statistic = async (name: string) =>
      Number(await panel.locator('dt', { hasText: name }).first().locator('xpath=following-sibling::dd[1]').innerText())
    const absmax = await statistic('Largest |x|')
    await panel.getByRole('button', { name: 'Read the values of this row' }).click()
    await expect(panel.getByText('Every element is finite.')).toBeVisible()
    const chosen = await panel
      .getByRole('grid', { name: 'Values' })
      .getByRole('row', { selected: true })
      .getByRole('gridcell')
      .nth(1)
      .innerText()
    expect(Math.abs(Number(chosen))).toBe(absmax)
  })

  test('every pair of axes draws, zooms and keeps the cursor', async ({ quietPage: page, workbench }) => {
    await openWorkbench(page, workbench.url)
    await beginStory(page)
    await showView(page, 'Layers')
    for (const mode of ['Layer × token', 'Operation × token', 'Everything × token', 'Layer × operation']) {
      await page.getByRole('combobox', { name: 'Axes' }).click()
      await page.getByRole('option', { name: mode }).click()
      await heatmap(page).focus()
      await page.keyboard.press('ArrowUp')
      for (const key of ['w', 'w', 'd', 'a', 's', 'f', 'f']) await page.keyboard.press(key)
      const box = await heatmap(page).boundingBox()
      if (box === null) throw new Error('no heatmap')
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
      await page.mouse.wheel(0, -300)
      await page.mouse.wheel(0, 300)
      await expect(heatmap(page)).toHaveAccessibleName(new RegExp(mode))
      await expect(inspector(page).getByRole('heading', { level: 2 })).toHaveText(/·|embedding|final_norm|logits/)
    }
  })

  test('the lens ends in the logits, bit for bit; a row moves the cursor to its layer', async ({ quietPage: page, workbench }) => {
    await openWorkbench(page, workbench.url)
    await beginStory(page)
    await showView(page, 'Layers')
    await page.getByRole('tab', { name: 'Logit lens' }).click()
    await expect(page.getByText('last layer = logits, bit for bit')).toBeVisible()
    const grid = page.getByRole('grid', { name: 'Logit lens' })
    await expect(grid).toHaveAttribute('aria-rowcount', '9')
    await grid.getByRole('row').nth(4).click()
    await expect(inspector(page).getByRole('heading', { level: 2 })).toHaveText('3 · layer_out')
  })

  test('a cell’s operation is written as a standalone repro', async ({ quietPage: page, workbench }) => {
    await openWorkbench(page, workbench.url)
    await beginStory(page)
    await showView(page, 'Layers')
    const box = await heatmap(page).boundingBox()
    if (box === null) throw new Error('no heatmap')
    await heatmap(page).click({ position: { x: box.width * 0.4, y: box.height * 0.5 } })
    await inspector(page).getByRole('button', { name: 'Export a repro' }).click()
    const folder = inspector(page).getByText(/repros/)
    await expect(folder).toBeVisible()
    expect(readdirSync(await folder.innerText())).toContain('check.mjs')
  })
})
