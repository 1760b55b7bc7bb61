import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, type Locator, type Page } from '@playwright/test'

const nodeRequire = createRequire(import.meta.url)

/** Opens the workbench and waits until its engine has a model. */
export async function openWorkbench(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await expect(page.getByTestId('status-backend')).toBeVisible()
  await codeLoaded(page)
}

/** The code of a view or overlay comes when it is first shown; until then the page says that it is loading. */
export const codeLoaded = (page: Page): Promise<void> => expect(page.getByText('Loading…', { exact: true })).toHaveCount(0)

/** From the first-run state to a finished story by one click. */
export async function writeStory(page: Page): Promise<void> {
  await usualLength(page)
  await clickWriteStory(page)
  await generationEnded(page)
}

/** The pointer goes elsewhere: where the button was tokens will be, and the card of one would cover what is clicked next. */
async function clickWriteStory(page: Page): Promise<void> {
  await page.getByTestId('write-story').click()
  await page.mouse.move(2, 2)
}

export async function generationEnded(page: Page): Promise<void> {
  await expect(page.getByRole('button', { name: 'Generate', exact: true })).toBeVisible({ timeout: 60_000 })
  await expect(page.getByTestId('status-rate')).toBeVisible()
}

/** A spec before this one may have left another length in the worker's workbench, which keeps its settings. */
export async function usualLength(page: Page): Promise<void> {
  await page.getByLabel('Max tokens').first().fill('200')
}

/** The beginning of a story: as many tokens as a test needs, then Stop. */
export async function beginStory(page: Page, tokens = 10): Promise<void> {
  await usualLength(page)
  await clickWriteStory(page)
  // A short story may end by itself before that.
  const ended = page.getByRole('button', { name: 'Generate', exact: true })
  const enough = async (): Promise<boolean> => {
    const count = await generatedCount(page)
    return count >= tokens || (count > 0 && (await ended.isVisible()))
  }
  await expect.poll(enough, { timeout: 60_000 }).toBe(true)
  // The key means nothing when it has ended by itself; the button would then be Generate.
  await page.keyboard.press('Escape')
  await generationEnded(page)
}

/** A generation in a workbench with LASTING settings: it has `tokens` tokens and goes on until somebody stops it. */
export async function beginLasting(page: Page, tokens = 10): Promise<void> {
  await clickWriteStory(page)
  await expect.poll(() => generatedCount(page)).toBeGreaterThanOrEqual(tokens)
  await expect(page.getByTestId('status-source')).toHaveText('LIVE')
}

/** A token of a finished output. Only lines in and near sight are in the document: an early one is looked for at the beginning. */
export async function tokenAt(page: Page, position: number): Promise<Locator> {
  await page.getByTestId('lane').evaluate((lane) => lane.scrollTo(0, 0))
  return page.locator(`#token-${position}`)
}

/** High enough for every line of a story to be in the document, so that the lane's text is the whole text. */
export const TALL = { width: 1280, height: 2000 } as const

/** The text of the output, all of it. Only in a TALL window. */
export async function wholeText(page: Page): Promise<string> {
  const lane = page.getByTestId('lane')
  await expect.poll(() => lane.evaluate((element) => element.scrollHeight <= element.clientHeight), 'every line is in sight').toBe(true)
  return (await lane.textContent()) ?? ''
}

/**
 * Remembers every text that an element shows from now on: what comes and goes by itself (a toast, an announcement) may be gone
 * before anybody looks. Until the page is loaded anew.
 */
export async function remember(element: Locator): Promise<() => Promise<readonly string[]>> {
  const seen = await element.evaluateHandle((watched) => {
    const texts: string[] = []
    new MutationObserver(() => texts.push(watched.textContent ?? '')).observe(watched, {
      childList: true,
      subtree: true,
      characterData: true
    })
    return texts
  })
  return () => seen.jsonValue()
}

export type ViewName = 'Play' | 'Layers' | 'Compare' | 'Profile' | 'Model' | 'Runs' | 'Server'
export async function showView(page: Page, view: ViewName): Promise<void> {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view }).click()
  await expect(page.getByRole('main')).toHaveAccessibleName(view)
  await codeLoaded(page)
}

export const generatedCount = async (page: Page): Promise<number> =>
  Number.parseInt(((await page.getByTestId('generated-count').textContent()) ?? '').replaceAll(',', ''), 10)

/** What an overlay or an animation still in progress hides, or code not yet there, is not what is judged. */
export async function settled(page: Page): Promise<void> {
  await codeLoaded(page)
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .every((animation) => animation.playState !== 'running' || animation.effect?.getComputedTiming().iterations === Infinity)
  )
}

export interface Finding {
  readonly rule: string
  readonly impact: string
  readonly where: readonly string[]
}

/** Serious and critical findings of axe-core on the settled page, and those of headings; targets are at least 24 pixels. */
export async function accessibilityFindings(page: Page): Promise<readonly Finding[]> {
  await settled(page)
  // Evaluated through the debugger: the page's own policy forbids foreign scripts, as it should.
  await page.evaluate(readFileSync(nodeRequire.resolve('axe-core/axe.min.js'), 'utf8'))
  return page.evaluate(async () => {
    interface Violation {
      readonly id: string
      readonly impact: string | null
      readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
    }
    interface Axe {
      run(options: {
        readonly rules: Readonly<Record<string, { readonly enabled: true }>>
      }): Promise<{ readonly violations: readonly Violation[] }>
    }
    const { axe } = globalThis as unknown as { readonly axe: Axe }
    const { violations } = await axe.run({ rules: { 'target-size': { enabled: true } } })
    const ours = ['page-has-heading-one', 'heading-order'] // moderate to axe; screen readers walk by headings
    return violations
      .filter(({ id, impact }) => impact === 'serious' || impact === 'critical' || ours.includes(id))
      .map(({ id, impact, nodes }) => ({
        rule: id,
        impact: String(impact),
        where: nodes
          .slice(0, 4)
          .map((node) => `${node.html.slice(0, 160)} | ${(node.failureSummary ?? '').replaceAll('\n', ' ').slice(0, 200)}`)
      }))
  })
}
