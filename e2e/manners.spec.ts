import { readFileSync } from 'node:fs'
import {
  beginLasting,
  beginStory,
  generatedCount,
  generationEnded,
  openWorkbench,
  remember,
  showView,
  TALL,
  wholeText,
  writeStory
} from './support/page'
import { expect, test } from './support/serve'

test('the whole way by keyboard: palette, prompt, generate, tokens, logits, back', async ({ quietPage: page, workbench }) => {
  await openWorkbench(page, workbench.url)
  const announced = await remember(page.getByTestId('live-region'))
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('dialog', { name: 'Command palette' })).toBeVisible()
  await page.keyboard.type('write a story')
  await expect(page.getByRole('option', { selected: true })).toContainText('Write a story')
  await page.keyboard.press('Enter')
  // The beginning may be announced and over before anybody looks; the end stays.
  await expect(page.getByTestId('live-region')).toContainText('Generation ended', { timeout: 60_000 })
  expect(await announced()).toEqual(['Generating', expect.stringContaining('Generation ended')])
  await generationEnded(page)
  // Tab reaches the lane; arrows walk over tokens.
  const lane = page.getByTestId('lane')
  for (let step = 0; step < 60 && !(await lane.evaluate((element) => element === document.activeElement)); step++)
    await page.keyboard.press('Tab')
  await expect(lane).toBeFocused()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await expect(lane).toHaveAttribute('aria-activedescendant', /^token-\d+$/)
  await page.keyboard.press('n')
  await expect(page.getByTestId('token-inspector')).toBeVisible()
  await page.keyboard.press('Control+l')
  await expect(page.getByRole('dialog', { name: 'All logits' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(lane).toBeFocused()
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toContainText('Next, previous uncertain token')
  await page.keyboard.press('Escape')
})

test('Spanish and themes are chosen in the settings and found again after a reload', async ({ quietPage: page, workbench }) => {
  await openWorkbench(page, workbench.url)
  await page.keyboard.press('Control+,')
  await page.getByRole('combobox', { name: 'Language' }).click()
  await page.getByRole('option', { name: 'Español' }).click()
  await expect(page.getByRole('dialog', { name: 'Ajustes' })).toBeVisible()
  await page.getByRole('combobox', { name: 'Tema' }).click()
  await page.getByRole('option', { name: 'Alto contraste' }).click()
  await page.keyboard.press('Escape')
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'contrast')
  await expect(page.locator('html')).toHaveAttribute('lang', 'es')
  await expect(page.getByRole('button', { name: 'Generar', exact: true })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('button', { name: 'Generar', exact: true })).toBeVisible()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'contrast')
  await page.keyboard.press('Control+,')
  await page.getByRole('combobox', { name: 'Idioma' }).click()
  await page.getByRole('option', { name: 'English' }).click()
  await page.getByRole('combobox', { name: 'Theme' }).click()
  await page.getByRole('option', { name: 'Like the system' }).click()
  await page.keyboard.press('Escape')
  await page.reload()
  await expect(page.getByRole('button', { name: 'Generate', exact: true })).toBeVisible()
})

test('a crash of the engine is said, the engine comes back with the model, and no text is lost', async ({ page, lastingWorkbench }) => {
  await openWorkbench(page, lastingWorkbench.url)
  await beginLasting(page)
  await page.keyboard.press('Control+7')
  const processId = Number(await page.locator('dt', { hasText: 'Process' }).locator('xpath=following-sibling::dd[1]').textContent())
  await page.keyboard.press('Control+1')
  // In the middle of a generation: what is shown now has to be there afterwards, wherever the lane is scrolled by then.
  const lane = page.getByTestId('lane')
  await expect(lane.getByRole('option').nth(8)).toBeVisible()
  const textsInDocument = () =>
    lane.evaluate(
      (element): Record<string, string> =>
        Object.fromEntries(Array.from(element.querySelectorAll('[role=option]'), ({ id, textContent }) => [id, textContent.trim()]))
    )
  const shown = await textsInDocument()
  await expect(page.getByTestId('status-source')).toHaveText('LIVE')
  const before = await generatedCount(page)
  process.kill(processId, 'SIGKILL')
  await expect(page.getByTestId('banner-crash')).toContainText('The engine stopped')
  await expect(page.getByTestId('banner-crash')).toContainText('It was restarted', { timeout: 30_000 })
  await expect(page.getByText('Cut off: the engine stopped')).toBeVisible()
  expect(await generatedCount(page)).toBeGreaterThanOrEqual(before)
  const allTexts = async () => {
    const found: Record<string, string> = {}
    const height = await lane.evaluate((element) => element.scrollHeight)
    for (let top = 0; top < height; top += 200) {
      await lane.evaluate((element, to) => element.scrollTo(0, to), top)
      Object.assign(found, await textsInDocument())
    }
    return found
  }
  // The prompt's tokens have texts again when the model is back.
  await expect.poll(allTexts).toEqual(expect.objectContaining(shown))
  await expect(page.getByTestId('prompt-editor')).toHaveValue('Once upon a time')
  await expect(page.getByTestId('status-model')).toContainText(/\w/)
  await expect(page.getByRole('button', { name: 'Generate', exact: true })).toBeEnabled()
  await page.getByRole('textbox', { name: 'Max tokens' }).fill('20')
  await page.getByRole('button', { name: 'Generate', exact: true }).click()
  await generationEnded(page)
  await expect(page.getByTestId('generated-count')).toHaveText(/^20 /)
})

test('a run file dropped anywhere on the window opens in Play', async ({ quietPage: page, workbench }) => {
  await page.setViewportSize(TALL)
  await openWorkbench(page, workbench.url)
  await writeStory(page)
  const text = await wholeText(page)
  await page.keyboard.press('Control+6')
  await page.getByRole('grid', { name: 'Runs' }).getByRole('row').nth(1).click()
  const download = page.waitForEvent('download')
  await page.getByTestId('run-detail').getByRole('button', { name: 'Export' }).click()
  const content = readFileSync(await (await download).path()).toString('base64')
  await page.keyboard.press('Control+7')
  await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    const transfer = new DataTransfer()
    transfer.items.add(new File([bytes], 'dropped.greta'))
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }))
  }, content)
  await expect(page.getByTestId('lane')).toHaveText(text)
  await expect(page.getByTestId('status-source')).toHaveText('RECORDED')
})

test('a narrow window: nothing is cut off, and the panels are opened from the status bar', async ({ quietPage: page, workbench }) => {
  await page.setViewportSize({ width: 900, height: 700 })
  await openWorkbench(page, workbench.url)
  const inspector = page.getByRole('complementary', { name: 'Inspector' })
  await expect(inspector).toBeHidden()
  await beginStory(page, 12)
  /** Bars whose buttons have no room, and rows that overlap: what lies outside its own box. */
  const cutOff = () =>
    page.evaluate(() =>
      [...document.querySelectorAll('button, [role=switch], [role=combobox], input')]
        .filter((element) => {
          if (element.closest('[role=grid], [role=listbox], .overflow-y-auto') !== null) return false
          const { left, right, width } = element.getBoundingClientRect()
          return width > 1 && (left < 0 || right > innerWidth)
        })
        .map((element) => element.outerHTML.slice(0, 120))
    )
  const status = page.getByRole('contentinfo', { name: 'Status' })
  for (const view of ['Play', 'Layers', 'Model', 'Compare'] as const) {
    await showView(page, view)
    // In Model only tensors have something to inspect.
    if (view === 'Model') await page.getByRole('tab', { name: 'Tensors' }).click()
    const toggle = status.getByRole('button', { name: 'Inspector' })
    await expect(toggle).toHaveAttribute('aria-pressed', 'false')
    await expect.poll(cutOff, `${view}, inspector closed`).toEqual([])
    await toggle.click()
    await expect(inspector).toBeVisible()
    await expect.poll(cutOff, `${view}, inspector open`).toEqual([])
    // The bars wrap instead of scrolling sideways.
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    await toggle.click()
    await expect(inspector).toBeHidden()
  }
  // However little room there is, the toggles have theirs.
  await page.setViewportSize({ width: 560, height: 700 })
  const rightEdge = async () => {
    const box = await status.getByRole('button', { name: 'Inspector' }).boundingBox()
    return (box?.x ?? 1e9) + (box?.width ?? 0)
  }
  await expect.poll(rightEdge).toBeLessThanOrEqual(560)
})
