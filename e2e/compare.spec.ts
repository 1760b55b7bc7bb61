import { accessibilityFindings, beginStory, generationEnded, openWorkbench, showView } from './support/page'
import { expect, test } from './support/serve'

test('the same prompt twice: layers are identical to the bit until the texts part', async ({ quietPage: page, workbench }) => {
  await openWorkbench(page, workbench.url)
  await showView(page, 'Compare')
  await showView(page, 'Play')
  await beginStory(page, 16)
  await page.getByRole('button', { name: 'Regenerate' }).click()
  await generationEnded(page)
  await showView(page, 'Compare')
  const picture = page.getByRole('application', { name: /Heatmap: Difference/ })
  await expect(picture).toBeVisible()
  await expect(page.getByText(/Same tokens|Texts part at token/)).toBeVisible()
  await expect(page.getByText('Layers identical')).toBeVisible()

  const floor = page.getByTestId('noise-floor')
  await expect(floor).toContainText('not measured')
  await floor.getByRole('button', { name: 'Measure by repeats' }).click()
  await expect(floor).toContainText(/Noise floor of B: 0\. 6 repeats on cpu/)

  // The prompt's last token is evaluated in both runs: its cells are equal, bit for bit.
  await picture.focus()
  await page.keyboard.press('ArrowDown')
  // The seeds differ: nearly always the texts do too, and the way to where they part is a button.
  if (await page.getByText(/Texts part at token/).isVisible()) await page.getByRole('button', { name: /^A .+ · B .+/ }).click()
  await picture.focus()
  await page.keyboard.press('ArrowLeft')
  const cells = page.getByRole('table', { name: 'A | B' })
  await expect(cells.getByRole('row', { name: /RMS/ })).toContainText('=')
  await page.keyboard.press('1')
  await expect(page.getByRole('application', { name: /Heatmap: A/ })).toBeVisible()
  await page.keyboard.press('2')
  await expect(page.getByRole('application', { name: /Heatmap: B/ })).toBeVisible()
  expect(await accessibilityFindings(page)).toEqual([])
})

test('parity, prefill = decode, health and the fault lab give their verdicts', async ({ quietPage: page, workbench }) => {
  await openWorkbench(page, workbench.url)
  await showView(page, 'Compare')
  const run = page.getByRole('button', { name: 'Run', exact: true })
  for (const [tab, verdict] of [
    ['Parity', /Within limits/],
    ['Prefill ≡ decode', /All ways give the same bits/],
    ['Health', /Clean: no NaN and no infinity/],
    ['Fault lab', /5 of 5/]
  ] as const) {
    await page.getByRole('tab', { name: tab }).click()
    await run.click()
    await expect(page.getByText(verdict).first()).toBeVisible({ timeout: 80_000 })
    expect(await accessibilityFindings(page), tab).toEqual([])
  }
})
