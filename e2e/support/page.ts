import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, type Page } from '@playwright/test'

const nodeRequire = createRequire(import.meta.url)

/** Opens the workbench and waits until its engine has a model. */
export async function openWorkbench(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await expect(page.getByTestId('status-backend')).toBeVisible()
}

/** From the first-run state to a finished story by one click. */
export async function writeStory(page: Page): Promise<void> {
  await usualLength(page)
  await page.getByTestId('write-story').click()
  await generationEnded(page)
}

export async function generationEnded(page: Page): Promise<void> {
  await expect(page.getByRole('button', { name: 'Generate', exact: true })).toBeVisible({ timeout: 60_000 })
  await expect(page.getByTestId('status-rate')).toBeVisible()
}

/** A spec before this one may have left another length in the worker's workbench, which keeps its settings. */
async function usualLength(page: Page): Promise<void> {
  await page.getByLabel('Max tokens').first().fill('200')
}

/** The beginning of a story: as many tokens as a test needs, then Stop. */
export async function beginStory(page: Page, tokens = 10): Promise<void> {
  await usualLength(page)
  await page.getByTestId('write-story').click()
  // A short story may end by itself before that.
  const ended = page.getByRole('button', { name: 'Generate', exact: true })
  const enough = async (): Promise<boolean> => {
    const count = await generatedCount(page)
    return count >= tokens || (count > 0 && (await ended.isVisible()))
  }
  await expect.poll(enough, { timeout: 60_000 }).toBe(true)
  const stop = page.getByRole('button', { name: 'Stop' })
  if (await stop.isVisible()) await stop.click({ timeout: 1_000 }).catch(() => undefined) // it may have ended by itself, and Stop with it
  await generationEnded(page)
}

export type ViewName = 'Play' | 'Layers' | 'Compare' | 'Profile' | 'Model' | 'Runs' | 'Server'
export async function showView(page: Page, view: ViewName): Promise<void> {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view }).click()
  await expect(page.getByRole('main')).toHaveAccessibleName(view)
}

export const generatedCount = async (page: Page): Promise<number> =>
  Number.parseInt((await page.getByTestId('generated-count').textContent()) ?? '', 10)

export interface Finding {
  readonly rule: string
  readonly impact: string
  readonly where: readonly string[]
}

/** Serious and critical findings of axe-core on the page as it is now, and those of headings; targets are at least 24 pixels. */
export async function accessibilityFindings(page: Page): Promise<readonly Finding[]> {
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
