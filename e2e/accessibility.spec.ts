import { accessibilityFindings, beginLasting, codeLoaded, openWorkbench, writeStory } from './support/page'
import { expect, test } from './support/serve'

const THEMES = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  'high contrast': { colorScheme: 'dark', contrast: 'more' },
  'forced colours': { colorScheme: 'dark', forcedColors: 'active' }
} as const
const VIEWS = ['play', 'layers', 'compare', 'profile', 'model', 'runs', 'server'] as const

for (const [theme, media] of Object.entries(THEMES)) {
  test(`axe finds nothing serious in any view or overlay (${theme})`, async ({ quietPage: page, workbench }) => {
    await page.emulateMedia(media)
    await openWorkbench(page, workbench.url)
    expect(await accessibilityFindings(page), 'first-run state').toEqual([])
    await writeStory(page)
    await page.getByTestId('lane').press('ArrowRight')
    for (const [index, view] of VIEWS.entries()) {
      await page.keyboard.press(`Control+${index + 1}`)
      await expect(page.getByRole('navigation').getByRole('button').nth(index)).toHaveAttribute('aria-current', 'page')
      expect(await accessibilityFindings(page), `${view} view`).toEqual([])
    }
    await page.keyboard.press('Control+1')
    for (const [keys, name] of [
      ['Control+l', 'All logits'],
      ['Control+k', 'Command palette'],
      ['?', 'Keyboard shortcuts'],
      ['Control+,', 'Settings']
    ] as const) {
      await page.getByTestId('lane').focus()
      await page.keyboard.press(keys)
      await expect(page.getByRole('dialog', { name })).toBeVisible()
      expect(await accessibilityFindings(page), name).toEqual([])
      await page.keyboard.press('Escape')
      await expect(page.getByRole('dialog', { name })).toBeHidden()
    }
  })
}

test('Tab goes round every view: every stop has a name and shows that it has the focus', async ({ quietPage: page, workbench }) => {
  await openWorkbench(page, workbench.url)
  await writeStory(page)
  await page.getByTestId('lane').press('ArrowRight')
  for (const [index, view] of VIEWS.entries()) {
    await page.keyboard.press(`Control+${index + 1}`)
    await expect(page.getByRole('navigation').getByRole('button').nth(index)).toHaveAttribute('aria-current', 'page')
    await codeLoaded(page)
    // From the first link of the page, once around to it again.
    const skip = page.getByRole('link', { name: 'Skip to the view' })
    await skip.focus()
    const stops: string[] = []
    const problems: string[] = []
    for (let step = 0; step < 150; step++) {
      await page.keyboard.press('Tab')
      const stop = await page.evaluate(() => {
        const element = document.activeElement
        if (element === null || element === document.body) return undefined
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element)
        const { left, right, top, bottom } = element.getBoundingClientRect()
        return {
          html: element.outerHTML.slice(0, 120),
          isLink: element.tagName === 'A',
          shown:
            (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1) ||
            boxShadow !== 'none' ||
            element.matches('[role=separator]'),
          inSight: right > 0 && bottom > 0 && left < innerWidth && top < innerHeight
        }
      })
      if (stop === undefined) continue // the browser's own controls
      if (stop.isLink) break
      if (!stop.shown) problems.push(`no focus ring: ${stop.html}`)
      if (!stop.inSight) problems.push(`out of sight: ${stop.html}`)
      stops.push(stop.html)
    }
    expect(problems, view).toEqual([])
    expect(stops.length, view).toBeGreaterThan(10)
    await expect(skip, `${view}: Tab came round`).toBeFocused()
  }
})

test('who asked for less motion sees none', async ({ quietPage: page, lastingWorkbench }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await openWorkbench(page, lastingWorkbench.url)
  await beginLasting(page)
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('dialog', { name: 'Command palette' })).toBeVisible()
  const moving = await page.evaluate(() =>
    document
      .getAnimations()
      .filter((animation) => Number(animation.effect?.getComputedTiming().duration) > 1 && animation.playState === 'running')
      .map((animation) => (animation as CSSAnimation).animationName)
  )
  expect(moving).toEqual([])
  // It was looked at while tokens came: Escape closed the palette alone, and Stop is still there to be pressed.
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog', { name: 'Command palette' })).toBeHidden()
  await expect(page.getByTestId('status-source')).toHaveText('LIVE')
  await page.getByRole('button', { name: 'Stop' }).click()
  await expect(page.getByTestId('status-source')).toHaveText('idle')
})
