import { openWorkbench, tokenAt, writeStory } from './support/page'
import { expect, test } from './support/serve'

test('the whole row of a token: filter, sort, stages, other knobs, export', async ({ quietPage: page, workbench }) => {
  await openWorkbench(page, workbench.url)
  await writeStory(page)
  await (await tokenAt(page, 14)).click()
  await page.keyboard.press('Control+l')
  const drawer = page.getByRole('dialog', { name: 'All logits' })
  await expect(drawer.getByTestId('logit-rows')).toHaveText('4,096 rows')
  await expect(drawer.getByTestId('stages')).toContainText('Top-p')
  const grid = drawer.getByRole('grid')
  await expect(grid).toHaveAttribute('aria-rowcount', '4097')
  // Highest logit first; the model's probabilities fall with it.
  const shareCells = grid.getByRole('row').locator('div[role=gridcell]:nth-last-child(3)')
  await expect(shareCells.nth(4)).toBeVisible()
  const shares = (await shareCells.allTextContents()).map((text) => Number.parseFloat(text))
  expect([...shares].sort((a, b) => b - a)).toEqual(shares)

  await drawer.getByTestId('logit-filter').fill('the')
  await expect(drawer.getByTestId('logit-rows')).not.toHaveText('4,096 rows')
  const tokens = grid.getByRole('row').locator('div[role=gridcell]:nth-child(2)')
  await expect(tokens.nth(4)).toBeVisible()
  await expect.poll(async () => (await tokens.allTextContents()).filter((text) => !/the/i.test(text))).toEqual([])
  await drawer.getByTestId('logit-filter').fill('#300')
  await expect(drawer.getByTestId('logit-rows')).toHaveText('1 row')
  await drawer.getByTestId('logit-filter').fill('/(/')
  await expect(drawer.getByTestId('logit-filter')).toHaveAttribute('aria-invalid', 'true')
  await drawer.getByTestId('logit-filter').fill('')

  await drawer.getByRole('button', { name: 'Id', exact: true }).click()
  await expect(grid.getByRole('row').nth(1)).toContainText('0')
  await drawer.getByRole('radio', { name: 'the knobs as they are now' }).click()
  await expect(drawer.getByText(/The same draw would choose/)).toBeVisible()

  const download = page.waitForEvent('download')
  await drawer.getByRole('button', { name: 'Export' }).click()
  await page.getByRole('menuitem', { name: 'Save logits as NPY' }).click()
  const file = await (await download).createReadStream()
  const bytes = Buffer.concat(await file.toArray())
  expect(bytes.subarray(1, 6).toString('latin1')).toBe('NUMPY')
  expect(bytes.length).toBe(128 + 4096 * 4)
})
