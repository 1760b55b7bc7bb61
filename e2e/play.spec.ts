import {
  beginLasting,
  generatedCount,
  generationEnded,
  openWorkbench,
  TALL,
  tokenAt,
  usualLength,
  wholeText,
  writeStory
} from './support/page'
import { expect, test } from './support/serve'

test('one click writes a story within two seconds of having the model', async ({ quietPage: page, workbench }) => {
  await openWorkbench(page, workbench.url)
  await usualLength(page)
  await page.getByTestId('write-story').click()
  await expect(page.getByTestId('lane').getByRole('option').nth(10)).toBeVisible()
  await generationEnded(page)
  expect(await generatedCount(page)).toBeGreaterThan(20)
  await expect(page.getByTestId('status-ttft')).toContainText(/first token [\d.]+ m?s/)
  await expect(page.getByTestId('status-rate')).toContainText(/[\d.]+ tokens\/s/)
  await expect(page.getByTestId('status-source')).toHaveText('idle')
  // Nothing was fetched from anywhere but the workbench itself.
  const hosts = await page.evaluate(() => performance.getEntriesByType('resource').map((entry) => new URL(entry.name).host))
  expect(new Set(hosts)).toEqual(new Set([new URL(workbench.url).host]))
})

test('hovering a token shows ten alternatives that add up to one with the rest', async ({ quietPage: page, workbench }) => {
  await openWorkbench(page, workbench.url)
  await writeStory(page)
  await (await tokenAt(page, 12)).hover()
  const card = page.getByTestId('token-card')
  await expect(card).toBeVisible()
  const rows = card.getByRole('listitem')
  await expect(rows.nth(10)).toBeVisible()
  const shares = await rows.locator('.num').allTextContents()
  const sum = shares.map((text) => Number.parseFloat(/([\d.]+) %/.exec(text)?.[1] ?? '0')).reduce((a, b) => a + b, 0)
  expect(sum).toBeGreaterThan(99)
  expect(sum).toBeLessThan(101)
})

test('the card of a token stays while the pointer is on the token or in the card, and its alternatives can be clicked', async ({
  quietPage: page,
  workbench
}) => {
  await openWorkbench(page, workbench.url)
  await writeStory(page)
  const token = await tokenAt(page, 12)
  await token.hover()
  const card = page.getByTestId('token-card')
  await expect(card).toBeVisible()
  /** Whether the card is there still when the time after which it would close is over: of the page's timers the later ends later. */
  const staysOpen = () =>
    page.evaluate(
      () =>
        new Promise<boolean>((resolve) => {
          setTimeout(() => resolve(document.querySelector('[data-testid=token-card]') !== null), 300)
        })
    )
  // A scroll that leaves the pointer on the token.
  await page.getByTestId('lane').dispatchEvent('scroll')
  expect(await staysOpen()).toBe(true)
  const alternative = card.getByRole('button', { name: /instead$/ }).first()
  await card.hover({ position: { x: 20, y: 20 } })
  await alternative.hover()
  expect(await staysOpen()).toBe(true)
  await alternative.click()
  await expect(card).toBeHidden()
  await expect(page.getByTestId('branches')).toContainText('12')
  await generationEnded(page)
  // Off both, it closes.
  await (await tokenAt(page, 8)).hover()
  await expect(card).toBeVisible()
  await page.mouse.move(2, 2)
  await expect(card).toBeHidden()
})

test('tokens that come under a resting pointer open no card, a movement does', async ({ quietPage: page, workbench }) => {
  await openWorkbench(page, workbench.url)
  await usualLength(page)
  // Where the prompt's "Once" will begin the output, whatever the story.
  const [x, y] = [150, 308]
  await page.mouse.move(x, y)
  await page.getByTestId('write-story').press('Enter')
  await generationEnded(page)
  const card = page.getByTestId('token-card')
  const [onToken, opened] = await page.evaluate(
    ([left, top]) =>
      new Promise<[boolean, boolean]>((resolve) => {
        const element = document.elementFromPoint(left, top)
        // Later than a card would open: of the page's timers the later ends later.
        setTimeout(() => resolve([element?.closest('[data-p]') != null, document.querySelector('[data-testid=token-card]') !== null]), 500)
      }),
    [x, y] as const
  )
  expect(onToken).toBe(true)
  expect(opened).toBe(false)
  await page.mouse.move(x + 1, y)
  await expect(card).toBeVisible()
  await page.mouse.move(2, 2)
  await expect(card).toBeHidden()
})

test('clicking an alternative branches there and keeps the first run', async ({ quietPage: page, workbench }) => {
  await page.setViewportSize(TALL)
  await openWorkbench(page, workbench.url)
  await writeStory(page)
  await (await tokenAt(page, 12)).click()
  const inspector = page.getByTestId('token-inspector')
  await expect(inspector).toBeVisible()
  const before = await wholeText(page)
  await inspector
    .getByRole('button', { name: /instead$/ })
    .first()
    .click()
  await expect(page.getByTestId('branches')).toContainText('12')
  await generationEnded(page)
  await expect(page.getByTestId('lane')).not.toHaveText(before)
  // Both ways of going back lead to the same text.
  await page.getByRole('button', { name: 'Previous prediction' }).click()
  await expect(page.getByTestId('lane')).toHaveText(before)
  await page.getByRole('button', { name: 'Next prediction' }).click()
  await expect(page.getByTestId('lane')).not.toHaveText(before)
})

test('Escape stops although it also closes a tooltip', async ({ quietPage: page, lastingWorkbench }) => {
  await openWorkbench(page, lastingWorkbench.url)
  await beginLasting(page)
  await page.getByRole('button', { name: 'Stop', exact: true }).hover()
  await expect(page.getByRole('tooltip')).toBeVisible()
  await page.keyboard.press('Escape')
  await generationEnded(page)
})

test('a press on Stop that outlasts the generation begins no other', async ({ quietPage: page, lastingWorkbench }) => {
  await openWorkbench(page, lastingWorkbench.url)
  await beginLasting(page)
  await page.getByRole('button', { name: 'Stop', exact: true }).hover()
  await page.mouse.down()
  await page.keyboard.press('Escape')
  await generationEnded(page)
  const count = await generatedCount(page)
  await page.mouse.up()
  // The same pointer, meaning it this time, begins one.
  await expect(page.getByTestId('status-source')).toHaveText('idle')
  await expect.poll(() => generatedCount(page)).toBe(count)
  await page.getByRole('button', { name: 'Generate', exact: true }).click()
  await expect(page.getByRole('button', { name: 'Stop', exact: true })).toBeVisible()
  await page.keyboard.press('Escape')
  await generationEnded(page)
})

test('Stop keeps everything, Continue goes on from there', async ({ quietPage: page, lastingWorkbench }) => {
  await openWorkbench(page, lastingWorkbench.url)
  await beginLasting(page)
  const before = await generatedCount(page)
  await page.keyboard.press('Escape')
  await generationEnded(page)
  await expect(page.getByText('Stopped', { exact: true })).toBeVisible()
  const count = await generatedCount(page)
  expect(count).toBeGreaterThanOrEqual(before)
  await page.getByRole('textbox', { name: 'Max tokens' }).fill('5')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Continue', exact: true }).click()
  await expect.poll(() => generatedCount(page)).toBe(count + 5)
  await generationEnded(page)
})

test('the same seed gives the same text', async ({ quietPage: page, workbench }) => {
  await page.setViewportSize(TALL)
  await openWorkbench(page, workbench.url)
  await writeStory(page)
  const first = await wholeText(page)
  await page.getByRole('button', { name: 'Reuse last' }).click()
  await page.getByRole('button', { name: 'Generate', exact: true }).click()
  await generationEnded(page)
  await expect(page.getByTestId('lane')).toHaveText(first)
})

test('prompts count their tokens, in every mode, with boundaries', async ({ quietPage: page, workbench }) => {
  await openWorkbench(page, workbench.url)
  await page.getByTestId('prompt-editor').fill('Once upon a time')
  await expect(page.getByTestId('prompt-tokens')).toHaveText('5 tokens')
  await page.getByRole('switch', { name: 'Show tokens' }).click()
  await expect(page.getByRole('region', { name: 'Tokens' })).toContainText('␣upon')
  await page.getByRole('radio', { name: 'Tokens' }).click()
  await expect(page.getByRole('textbox', { name: 'Tokens', exact: true })).toHaveValue(/^\d+( \d+)+$/)
  await page.getByRole('radio', { name: 'Chat' }).click()
  await page.getByRole('textbox', { name: 'Message 1' }).fill('Tell me <b>a story</b>')
  await expect(
    page.getByText('This model file has no chat template').or(page.getByRole('region', { name: 'What is sent' }).getByText('story'))
  ).toBeVisible()
  expect(await page.locator('main b').count()).toBe(0)
})
