import { readFileSync } from 'node:fs'
import { openWorkbench, remember, TALL, wholeText, writeStory } from './support/page'
import { expect, test } from './support/serve'

test('runs are kept, reopened as RECORDED, computed again bit for bit, renamed, searched, exported and deleted', async ({
  quietPage: page,
  workbench
}) => {
  await page.setViewportSize(TALL)
  await openWorkbench(page, workbench.url)
  await writeStory(page)
  const text = await wholeText(page)

  await page.reload()
  await expect(page.getByTestId('status-backend')).toBeVisible()
  await page.keyboard.press('Control+6')
  const grid = page.getByRole('grid', { name: 'Runs' })
  await grid.getByRole('row').nth(1).click()
  const detail = page.getByTestId('run-detail')
  await expect(detail).toBeVisible()
  await detail.getByTestId('check-run').click()
  await expect(detail.getByTestId('verdict')).toContainText('bit-identical ✓', { timeout: 60_000 })

  await detail.getByRole('textbox', { name: 'Name' }).fill('The first of all stories')
  await page.keyboard.press('Enter')
  await expect(grid).toContainText('The first of all stories')
  await detail.getByRole('textbox', { name: 'Add a tag' }).fill('keeper')
  await page.keyboard.press('Enter')
  await expect(grid).toContainText('keeper')
  await page.getByRole('searchbox', { name: /Search/ }).fill('first keeper')
  await expect(grid.getByRole('row')).toHaveCount(2)
  await page.getByRole('searchbox', { name: /Search/ }).fill('nowhere to be found')
  await expect(grid).toContainText('No run has all of these words')
  await page.getByRole('searchbox', { name: /Search/ }).fill('')

  const download = page.waitForEvent('download')
  await detail.getByRole('button', { name: 'Export' }).click()
  const exported = await (await download).path()
  expect((await download).suggestedFilename()).toMatch(/\.greta$/)

  await detail.getByRole('button', { name: 'Open', exact: true }).click()
  await expect(page.getByTestId('lane')).toHaveText(text)
  await expect(page.getByTestId('status-source')).toHaveText('RECORDED')

  await page.keyboard.press('Control+6')
  const notices = await remember(page.getByRole('region', { name: 'Notifications' }))
  await detail.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog', { name: 'Delete this run?' }).getByRole('button', { name: 'Delete' }).click()
  await expect.poll(notices).toContainEqual(expect.stringContaining('Run deleted')) // it goes by itself
  await expect(grid.or(page.getByText('No runs yet'))).not.toContainText('The first of all stories')

  await page.locator('input[type=file][accept=".greta"]').setInputFiles({
    name: 'story.greta',
    mimeType: 'application/zip',
    buffer: readFileSync(exported)
  })
  await expect(page.getByRole('grid', { name: 'Runs' })).toContainText('The first of all stories')
})
