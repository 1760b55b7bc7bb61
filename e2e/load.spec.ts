import { openWorkbench, showView } from './support/page'
import { expect, test } from './support/serve'

test('a load in progress is cancelled: the model is not there, and the next load works', async ({ quietPage: page, workbench }) => {
  // The bundled model is loaded faster than anybody clicks: the request is held on its way until Cancel was pressed.
  let held: string | undefined
  let hold = true
  await page.routeWebSocket(/\/ws$/, (socket) => {
    const server = socket.connectToServer()
    socket.onMessage((message) => {
      const isLoad = typeof message === 'string' && message.includes('"method":"model.load"')
      if (isLoad && hold) {
        held = message
        return
      }
      if (held !== undefined && typeof message === 'string' && message.includes('"method":"model.cancelLoad"')) {
        server.send(held)
        held = undefined
        hold = false
      }
      server.send(message)
    })
  })
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
