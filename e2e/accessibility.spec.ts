import type { Page } from '@playwright/test'
import { accessibilityFindings, openWorkbench, writeStory } from './support/page'
import { expect, test } from './support/serve'

const THEMES = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  'high contrast': { colorScheme: 'dark', contrast: 'more' },
  'forced colours': { colorScheme: 'dark', forcedColors: 'active' }
} as const
const VIEWS = ['play', 'layers', 'compare', 'profile', 'model', 'runs', 'server'] as const

/** What an overlay or an animation still in progress hides is not what is judged. */
const settled = (page: Page) =>
  page.waitForFunction(() =>
    document
      .getAnimations()
      .every((animation) => animation.playState !== 'running' || animation.effect?.getComputedTiming().iterations === Infinity)
  )

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
      await page.waitForLoadState('networkidle')
      await settled(page)
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
      await settled(page)
      expect(await accessibilityFindings(page), name).toEqual([])
      await page.keyboard.press('Escape')
      await expect(page.getByRole('dialog', { name })).toBeHidden()
    }
  })
}
