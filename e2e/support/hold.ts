import type { Page } from '@playwright/test'

/**
 * Holds the page's next request of one method on its way until its cancelling was asked for; then both go, one right behind the
 * other. What may be over before anybody clicks is under way until Cancel is pressed. To be called before the page is opened.
 */
export async function holdUntilCancelled(page: Page, method: string, cancelMethod: string): Promise<void> {
  let held: string | undefined
  let hold = true
  const asks = (message: string | Buffer, name: string): message is string =>
    typeof message === 'string' && message.includes(`"method":"${name}"`)
  await page.routeWebSocket(/\/ws$/, (socket) => {
    const server = socket.connectToServer()
    socket.onMessage((message) => {
      if (hold && asks(message, method)) {
        held = message
        return
      }
      if (held !== undefined && asks(message, cancelMethod)) {
        server.send(held)
        held = undefined
        hold = false
      }
      server.send(message)
    })
  })
}
