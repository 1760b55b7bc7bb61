import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { holdUntilCancelled } from './support/hold'
import { accessibilityFindings, openWorkbench, showView } from './support/page'
import { expect, test } from './support/serve'

test('a load in progress is cancelled: the model is not there, and the next load works', async ({ quietPage: page, workbench }) => {
  // The bundled model is loaded faster than anybody clicks: the request is held on its way until Cancel was pressed.
  await holdUntilCancelled(page, 'model.load', 'model.cancelLoad')
  await openWorkbench(page, workbench.url)
  await showView(page, 'Model')
  await page.getByRole('tab', { name: 'Load' }).click()
  const load = page.getByRole('article', { name: 'cpu' }).getByRole('button', { name: /Load on cpu/ })
  await load.click()
  const status = page.getByRole('contentinfo', { name: 'Status' })
  await expect(status).toContainText('Loading')
  await page.getByRole('main').getByRole('button', { name: 'Cancel' }).click()
  // What a person cancelled is no error: the model is gone, and nothing else is said.
  await expect(status).toContainText('no model')
  await expect(page.getByRole('main').getByRole('button', { name: 'Cancel' })).toBeHidden()
  await load.click()
  await expect(page.getByTestId('status-backend')).toBeVisible()
  await expect(status).toContainText('GRETA Stories')
})

test('a dropped file that is being sent is cancelled by Escape or its button, and no half of it stays', async ({
  quietPage: page,
  workbench
}) => {
  await openWorkbench(page, workbench.url)
  const parts = (): readonly string[] =>
    readdirSync(workbench.dataFolder)
      .filter((name) => name.startsWith('uploads-'))
      .flatMap((name) => readdirSync(join(workbench.dataFolder, name)))
  // Reading stops behind the 10th MiB, as on a drive that does not answer.
  await page.evaluate(() => {
    // oxlint-disable-next-line typescript/unbound-method -- called with its blob below
    const slice = Blob.prototype.slice
    Blob.prototype.slice = function (start = 0, end = 0, type = '') {
      const part = slice.call(this, start, end, type)
      if (start >= 10 * 1024 * 1024) part.arrayBuffer = () => new Promise(() => undefined)
      return part
    }
  })
  const drop = () =>
    page.evaluate(() => {
      const transfer = new DataTransfer()
      transfer.items.add(new File([new Uint8Array(32 * 1024 * 1024)], 'large.gguf'))
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }))
    })
  const bar = page.getByRole('main').getByText('Sending large.gguf to the engine')
  await drop()
  await expect(bar).toBeVisible()
  await expect(page.getByRole('contentinfo').getByText('Sending large.gguf to the engine: 25 %')).toBeVisible()
  expect(parts()).toHaveLength(1)
  expect(await accessibilityFindings(page)).toEqual([])
  await page.keyboard.press('Escape')
  await expect(bar).toBeHidden()
  await expect(page.getByTestId('live-region')).toHaveText('large.gguf was not sent')
  await expect.poll(parts).toEqual([])
  await drop()
  await page.getByRole('main').getByRole('button', { name: 'Cancel' }).click()
  await expect(bar).toBeHidden()
  await expect.poll(parts).toEqual([])
  await drop()
  await page.getByRole('button', { name: 'Cancel sending the file' }).click()
  await expect(bar).toBeHidden()
  await expect.poll(parts).toEqual([])
  // A page that goes away leaves nothing either.
  await drop()
  await expect.poll(parts).toHaveLength(1)
  await page.goto('about:blank')
  await expect.poll(parts).toEqual([])
})
