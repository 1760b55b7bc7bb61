import { readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { expect, expectAccessible, show, test, writeStory } from './support/workbench'

const heatmap = (page: Page) => page.getByRole('application', { name: /Heatmap/ })
const inspector = (page: Page) => page.getByRole('complementary', { name: 'Inspector' })

test.describe('Layers', () => {
  test('says what is missing before there is a run, and leads on', async ({ workbench }) => {
    await show(workbench, 'Layers')
    await expect(workbench.getByText('No run to look into yet')).toBeVisible()
    await workbench.getByRole('button', { name: 'Go to Play' }).click()
    await expect(workbench.getByRole('main')).toHaveAccessibleName('Play')
  })

  test('a cell by keyboard: inspected, spoken, and the same number in the table twin', async ({ workbench }) => {
    await writeStory(workbench)
    await show(workbench, 'Layers')
    await expect(workbench.getByText('No NaN, no infinity, nothing saturated').first()).toBeVisible()
    await heatmap(workbench).focus()
    // embedding of layer 0, then down and right: layer 2, attn_out
    for (const key of ['Home', 'ArrowRight', 'ArrowDown', 'ArrowDown', ...Array.from({ length: 5 }, () => 'ArrowRight')])
      await workbench.keyboard.press(key)
    const panel = inspector(workbench)
    await expect(panel.getByRole('heading', { name: '2 · attn_out' })).toBeVisible()
    const largest = await panel.locator('dt', { hasText: 'Largest |x|' }).locator('xpath=following-sibling::dd[1]').innerText()
    expect(Number(largest)).toBeGreaterThan(0)
    await expect(workbench.getByTestId('live-region')).toContainText(`2 · attn_out, token`)
    await expect(workbench.getByTestId('live-region')).toContainText(largest)

    await workbench.getByRole('button', { name: 'Show as a table' }).click()
    const grid = workbench.getByRole('grid', { name: /Heatmap/ })
    await expect(grid).toHaveAttribute('aria-rowcount', '9')
    await expect(grid.getByRole('row', { selected: true }).getByText(largest, { exact: true })).toBeVisible()
  })

  test('Enter walks to the inputs, Backspace back; the graph is the model’s', async ({ workbench }) => {
    await writeStory(workbench)
    await show(workbench, 'Layers')
    await heatmap(workbench).focus()
    await workbench.keyboard.press('ArrowDown')
    const heading = inspector(workbench).getByRole('heading', { level: 2 })
    await workbench.keyboard.press('End')
    await workbench.keyboard.press('ArrowDown')
    const start = await heading.innerText()
    await workbench.keyboard.press('Enter')
    await expect(heading).not.toHaveText(start)
    await workbench.keyboard.press('Backspace')
    await expect(heading).toHaveText(start)
    await inspector(workbench)
      .getByRole('button', { name: /attn_residual|ffn_down/ })
      .first()
      .click()
    await expect(heading).toHaveText(/attn_residual|ffn_down/)
  })

  test('the values of a tensor row agree with its captured statistics', async ({ workbench }) => {
    await writeStory(workbench)
    await show(workbench, 'Layers')
    const box = await heatmap(workbench).boundingBox()
    if (box === null) throw new Error('no heatmap')
    await heatmap(workbench).click({ position: { x: box.width * 0.5, y: box.height * 0.6 } })
    const panel = inspector(workbench)
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

  test('every pair of axes draws, zooms and keeps the cursor', async ({ workbench }) => {
    await writeStory(workbench)
    await show(workbench, 'Layers')
    for (const mode of ['Layer × token', 'Operation × token', 'Everything × token', 'Layer × operation']) {
      await workbench.getByRole('combobox', { name: 'Axes' }).click()
      await workbench.getByRole('option', { name: mode }).click()
      await heatmap(workbench).focus()
      await workbench.keyboard.press('ArrowUp')
      for (const key of ['w', 'w', 'd', 'a', 's', 'f', 'f']) await workbench.keyboard.press(key)
      const box = await heatmap(workbench).boundingBox()
      if (box === null) throw new Error('no heatmap')
      await workbench.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
      await workbench.mouse.wheel(0, -300)
      await workbench.mouse.wheel(0, 300)
      await expect(heatmap(workbench)).toHaveAccessibleName(new RegExp(mode))
      await expect(inspector(workbench).getByRole('heading', { level: 2 })).toHaveText(/·|embedding|final_norm|logits/)
    }
  })
})

test.describe('Profile', () => {
  test('blocks add up to the step, and the trace opens as one', async ({ workbench }) => {
    await writeStory(workbench)
    await show(workbench, 'Profile')
    const table = workbench.getByRole('table', { name: 'Times by block' })
    await expect(table.getByRole('row', { name: /^step/ })).toBeVisible()
    const means: number[] = []
    for (const row of await table.getByRole('row').all()) {
      const cells = await row.getByRole('cell').allInnerTexts()
      if (cells.length > 1) means.push(Number(cells[1]))
    }
    const step = means.pop() as number
    expect(Math.abs(means.reduce((sum, mean) => sum + mean, 0) - step)).toBeLessThan(0.01 + step * 0.001)

    const saved = workbench.waitForEvent('download')
    await workbench.getByRole('button', { name: 'Perfetto trace' }).click()
    const file = JSON.parse(readFileSync(await (await saved).path(), 'utf8')) as {
      traceEvents: { ph: string; ts: number; dur?: number; tid: number }[]
    }
    const slices = file.traceEvents.filter((event) => event.ph === 'X')
    expect(file.traceEvents.filter((event) => event.ph === 'M').length).toBeGreaterThanOrEqual(3)
    expect(slices.length).toBeGreaterThan(200)
    for (const slice of slices) expect(slice.dur).toBeGreaterThan(0)

    await workbench.getByRole('radio', { name: 'Over layers' }).click()
    await expect(workbench.getByRole('grid', { name: 'Times by layer' })).toHaveAttribute('aria-rowcount', '10')
  })
})

test.describe('Model', () => {
  test('metadata, tensors with search, statistics of a weight', async ({ workbench }) => {
    await show(workbench, 'Model')
    await expect(workbench.getByRole('heading', { level: 1 })).toHaveText(/GRETA Stories/)
    await workbench.getByRole('tab', { name: 'Tensors' }).click()
    await workbench.getByRole('searchbox', { name: 'Search tensors' }).fill('blk.3 q4_k ffn')
    const grid = workbench.getByRole('grid', { name: 'Tensors' })
    await expect(grid.getByRole('row').nth(1)).toContainText('blk.3.ffn')
    await grid.focus()
    await workbench.keyboard.press('ArrowDown')
    await expect(inspector(workbench).getByText('Standard deviation')).toBeVisible()
    await expect(inspector(workbench).getByText(/values after dequantisation/)).toBeVisible()
    await workbench.getByRole('tab', { name: 'Metadata' }).click()
    await workbench.getByRole('searchbox', { name: 'Search metadata' }).fill('block_count')
    await expect(workbench.getByRole('grid', { name: 'Metadata' }).getByRole('row').nth(1)).toContainText('8')
  })

  test('a memory plan for every device before anything is loaded, moved by the options', async ({ workbench }) => {
    await show(workbench, 'Model')
    await workbench.getByRole('tab', { name: 'Load' }).click()
    const cpu = workbench.getByRole('article', { name: 'cpu' })
    const cache = () => cpu.getByText('KV cache').innerText()
    await expect(cpu).toContainText('fits')
    const before = await cache()
    await workbench.getByRole('radio', { name: 'f32' }).first().click()
    await expect.poll(cache).not.toBe(before)
  })

  test('a file that is no model is refused in words', async ({ workbench }) => {
    await show(workbench, 'Model')
    await workbench.getByRole('textbox', { name: /Path of a GGUF/ }).fill('/nowhere/at-all.gguf')
    await workbench.getByRole('button', { name: 'Open', exact: true }).click()
    await expect(workbench.getByRole('heading', { name: 'This model cannot be opened' })).toBeVisible()
    await expect(workbench.getByRole('main').getByRole('alert')).toContainText('/nowhere/at-all.gguf')
  })
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`no serious finding of axe in Layers, Profile and Model (${colorScheme})`, async ({ workbench }) => {
    await workbench.emulateMedia({ colorScheme })
    await show(workbench, 'Layers')
    await expectAccessible(workbench)
    await show(workbench, 'Play')
    await writeStory(workbench)
    await show(workbench, 'Layers')
    await heatmap(workbench).focus()
    await workbench.keyboard.press('ArrowDown')
    await expectAccessible(workbench)
    await workbench.getByRole('button', { name: 'Show as a table' }).click()
    await expectAccessible(workbench)
    await show(workbench, 'Profile')
    await expect(workbench.getByRole('table', { name: 'Times by block' })).toBeVisible()
    await expectAccessible(workbench)
    await show(workbench, 'Model')
    for (const tab of ['Overview', 'Load', 'Tensors', 'Metadata', 'Tokenizer', 'Chat template']) {
      await workbench.getByRole('tab', { name: tab }).click()
      await expectAccessible(workbench)
    }
  })
}
