import { spawnSync } from 'node:child_process'
import { closeSync, copyFileSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { accessibilityFindings, generationEnded, openWorkbench } from './support/page'
import { root, startWorkbench } from './support/serve'

/** The bundled model with one NaN in a norm's weight. */
function damagedModel(folder: string): string {
  const bundled = join(root, 'resources/models/greta-stories-22m.Q4_K_M.gguf')
  const { stdout } = spawnSync(process.execPath, [join(root, 'bin/greta'), 'inspect', '--json', bundled], { encoding: 'utf8' })
  const { tensors } = JSON.parse(stdout) as { readonly tensors: readonly { readonly name: string; readonly offset: number }[] }
  const offset = tensors.find(({ name }) => name === 'blk.3.ffn_norm.weight')?.offset
  if (offset === undefined) throw new Error('no blk.3.ffn_norm.weight')
  const path = join(folder, 'damaged.gguf')
  copyFileSync(bundled, path)
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.from([0, 0, 0xc0, 0x7f]), 0, 4, offset + 17 * 4)
  closeSync(file)
  return path
}

test('a NaN from the alert to the weight it comes from', async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), 'greta-nan-'))
  const { workbench, end } = await startWorkbench(['--model', damagedModel(folder)])
  try {
    await openWorkbench(page, workbench.url)
    await page.getByTestId('write-story').click()
    // No token can be chosen from a row of NaN: it says so, and what was captured stays.
    await expect(page.getByText('The generation failed')).toBeVisible()
    // It covers nothing, and leads to the cause.
    const problem = page.getByRole('region', { name: 'Problems' })
    const overlap = async () => {
      const [notice, panel] = [await problem.boundingBox(), await page.getByRole('complementary', { name: 'Inspector' }).boundingBox()]
      return (panel?.y ?? 1e9) + (panel?.height ?? 0) - (notice?.y ?? 0)
    }
    await expect.poll(overlap).toBeLessThanOrEqual(0)
    await problem.getByRole('button', { name: 'Go to the first alert' }).click()
    await expect(page.getByRole('main')).toHaveAccessibleName('Layers')
    await problem.getByRole('button', { name: 'Dismiss' }).click()
    await expect(problem.getByRole('alert')).toHaveCount(0)
    await page.getByText('First NaN').click()
    const inspector = page.getByRole('complementary', { name: 'Inspector' })
    await expect(inspector.getByRole('heading', { level: 2 })).toHaveText('3 · ffn_norm')
    await expect(inspector.getByText('The trouble begins at 3 · ffn_norm of this token; its inputs are finite.')).toBeVisible()
    // The bad element among its neighbours.
    await inspector.getByRole('button', { name: 'Read the values of this row' }).click()
    await expect(inspector.getByText('First bad element: index 17 (NaN)')).toBeVisible()
    const values = inspector.getByRole('grid', { name: 'Values' })
    await expect(values.getByRole('row', { selected: true })).toContainText('NaN')
    await expect(values.getByRole('row').filter({ hasText: /^16/ })).not.toContainText('NaN')
    expect(await accessibilityFindings(page)).toEqual([])
    // The operation, alone: its check says where the NaN comes in.
    await inspector.getByRole('button', { name: 'Export a repro' }).press('Enter')
    const written = inspector.getByText(/repros/)
    await expect(written).toBeVisible()
    const check = spawnSync(process.execPath, [join(await written.innerText(), 'check.mjs')], { encoding: 'utf8' })
    expect(check.stdout).toMatch(/weight\.npy is not finite at index 17/)
    // Downstream is not to blame, and says who is.
    await inspector.getByRole('button', { name: /ffn_gate/ }).click()
    await expect(inspector.getByRole('heading', { level: 2 })).toHaveText('3 · ffn_gate')
    await expect(inspector.getByText(/3 · ffn_norm/).first()).toBeVisible()
  } finally {
    await end()
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a NaN planted from the page: the alert leads to it, and every record says that it was planted', async ({ page }) => {
  const { workbench, end } = await startWorkbench()
  try {
    await openWorkbench(page, workbench.url)
    await page.getByRole('combobox', { name: 'Fault of the next generation' }).click()
    await page.getByRole('option', { name: /^NaN/ }).click()
    const sampling = page.getByTestId('sampling')
    await sampling.getByRole('textbox', { name: 'Token', exact: true }).fill('12')
    await page.keyboard.press('Enter')
    await expect(page.getByTestId('next-fault')).toContainText('The next generation is broken on purpose: NaN · 4 · attn_out · Token 12')
    expect(await accessibilityFindings(page)).toEqual([])
    await page.getByTestId('write-story').click()
    const problem = page.getByRole('region', { name: 'Problems' })
    await expect(problem).toContainText('every logit is NaN')
    // Once: the next generation is healthy again.
    await expect(page.getByTestId('next-fault')).toBeHidden()
    await expect(page.getByRole('region', { name: 'Output' }).getByText('planted fault')).toBeVisible()
    await problem.getByRole('button', { name: 'Go to the first alert' }).click()
    const inspector = page.getByRole('complementary', { name: 'Inspector' })
    await expect(inspector.getByRole('heading', { level: 2 })).toHaveText('4 · attn_out')
    await expect(inspector.getByText('The trouble begins at 4 · attn_out of this token; its inputs are finite.')).toBeVisible()
    await expect(inspector.getByText('This was planted here on purpose: nan-at-point@4.attn_out:position=12,index=256')).toBeVisible()
    await inspector.getByRole('button', { name: 'Read the values of this row' }).click()
    await expect(inspector.getByText('First bad element: index 256 (NaN)')).toBeVisible()
    expect(await accessibilityFindings(page)).toEqual([])
    await page.keyboard.press('Control+6')
    const row = page.getByRole('grid', { name: 'Runs' }).getByRole('row').nth(1)
    await expect(row).toContainText('planted fault')
    await row.click()
    await expect(page.getByTestId('run-detail')).toContainText('nan-at-point@4.attn_out:position=12,index=256')
    await page.keyboard.press('Control+1')
    await page.getByRole('button', { name: 'Regenerate' }).click()
    await generationEnded(page)
    await expect(page.getByRole('region', { name: 'Output' }).getByText('planted fault')).toBeHidden()
    await expect(page.getByText('no alerts')).toBeVisible()
  } finally {
    await end()
  }
})
