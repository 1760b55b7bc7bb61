import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { EngineStatus } from '../shared/protocol'
import { DEFAULT_PORT, startServe } from '../serve/serve'
import { helpLines, type Options, parseWords } from './arguments'
import { LOAD_OPTIONS, loadOptions } from './load-settings'
import { bundledModel, EXIT, type Surroundings, type Verb } from './program'

const OPTIONS = {
  host: { kind: 'text', value: 'ADDRESS', help: 'address to listen on (default 127.0.0.1: this machine only)' },
  port: { kind: 'integer', value: 'N', least: 0, most: 65535, help: `port (default ${DEFAULT_PORT}, or any free one; 0 = any)` },
  token: { kind: 'text', value: 'TOKEN', help: 'what pages must know (default: 256 random bits)', environment: 'GRETA_TOKEN' },
  'allow-host': { kind: 'text', value: 'NAME', help: 'further host name that pages are opened under (a tunnel, a proxy)', repeated: true },
  open: { kind: 'flag', help: 'open the page in the browser of this machine' },
  ...LOAD_OPTIONS,
  json: { kind: 'flag', help: 'one JSON object on stdout when it listens: {"url", "port"}' }
} as const satisfies Options

export const serve: Verb = {
  async run(words, surroundings) {
    const { options, help } = parseWords(OPTIONS, words, { environment: surroundings.environment })
    if (help) {
      surroundings.out(
        `usage: greta serve [options]\n\nServes the workbench and prints its address, which holds the token. Ctrl-C ends it.\n\n${helpLines(OPTIONS)}\n`
      )
      return EXIT.ok
    }
    const load = loadOptions(options)
    const { appRoot } = surroundings
    const choosesModel = options.model !== undefined || Object.keys(load).length > 0
    const served = await startServe({
      appRoot,
      appVersion: appVersion(appRoot),
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.token === undefined ? {} : { token: options.token }),
      ...(options['allow-host'] === undefined ? {} : { allowedHosts: options['allow-host'] }),
      ...(choosesModel ? { model: { path: resolve(options.model ?? bundledModel(appRoot)), options: load } } : {}),
      log: (message) => surroundings.err(`${message}\n`)
    })
    const stopStatus = served.supervisor.onStatus((status) => tellStatus(status, surroundings))
    surroundings.out(
      options.json === true
        ? `${JSON.stringify({ url: served.url, port: served.port })}\n`
        : `GRETA Workbench: ${served.url}\nCtrl-C ends it.\n`
    )
    if (options.open === true) openInBrowser(served.url, surroundings)
    await new Promise<void>((end) => surroundings.onInterrupt(end))
    stopStatus()
    surroundings.err('\nending …\n')
    await served.close()
    return EXIT.ok
  }
}

const appVersion = (appRoot: string): string =>
  (JSON.parse(readFileSync(join(appRoot, 'package.json'), 'utf8')) as { readonly version: string }).version

/** What happened to the engine; a normal start is no news. */
function tellStatus({ state, message }: EngineStatus, surroundings: Surroundings): void {
  if ((state === 'crashed' || state === 'stopped') && message !== undefined) surroundings.err(`${message}\n`)
}

function openInBrowser(url: string, surroundings: Surroundings): void {
  const [command, ...words] =
    process.platform === 'darwin' ? ['open', url] : process.platform === 'win32' ? ['cmd', '/c', 'start', '', url] : ['xdg-open', url]
  const child = spawn(command as string, words, { stdio: 'ignore', detached: true })
  child.on('error', () => surroundings.err('No browser could be opened here: open the address above yourself.\n'))
  child.unref()
}
