import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { GretaError } from '../../shared/errors'
import type { NativeAddon, NativeBackendReport } from './addon'

const ADDON_FILE = 'greta.node'
const INTERFACE_VERSION = 1

let appRoot: string | undefined
let loaded: { readonly addon: NativeAddon; readonly folder: string } | undefined

/** Said once by every entry, before the first use: bundling moves this file, so only the entry knows where the app is. */
export function setAppRoot(folder: string): void {
  appRoot = folder
}

/** The addon, loaded on first use. Throws GretaError 'device' that lists what was tried and what to do. */
export function nativeAddon(): NativeAddon {
  loaded ??= load()
  return loaded.addon
}

/** Where greta-*.so are looked for: GRETA_BACKEND_PATH, then beside the addon. */
export function backendFolders(): readonly string[] {
  loaded ??= load()
  const named = (process.env['GRETA_BACKEND_PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return [...named, loaded.folder]
}

let reports: readonly NativeBackendReport[] | undefined
/** Every backend looked for, present or not, with its reason. Asked once a process: a GPU runtime may need seconds to start. */
export function backendReports(): readonly NativeBackendReport[] {
  reports ??= nativeAddon().listBackends({ folders: backendFolders() })
  return reports
}

function load(): { readonly addon: NativeAddon; readonly folder: string } {
  const tried: string[] = []
  for (const folder of searchFolders()) {
    const file = join(folder, ADDON_FILE)
    if (!existsSync(file)) {
      tried.push(`${file} (absent)`)
      continue
    }
    try {
      const nativeRequire = createRequire(import.meta.url)
      const addon = nativeRequire(file) as NativeAddon
      if (addon.interfaceVersion === INTERFACE_VERSION) return { addon, folder: dirname(file) }
      tried.push(`${file} (interface ${addon.interfaceVersion}, this program needs ${INTERFACE_VERSION})`)
    } catch (thrown) {
      tried.push(`${file} (${thrown instanceof Error ? thrown.message : String(thrown)})`)
    }
  }
  throw new GretaError(
    'device',
    `The native engine could not be loaded; tried ${tried.join(', ')}.`,
    'Build it with `npm run build:native`, or set GRETA_NATIVE_DIR to the folder that holds greta.node.'
  )
}

function searchFolders(): string[] {
  const named = process.env['GRETA_NATIVE_DIR']
  // A wrong explicit choice is an error, not a reason to take another one.
  if (named !== undefined && named !== '') return [named]
  const root = appRoot ?? packageFolder(import.meta.dirname)
  const folders = root === undefined ? [] : [join(root, 'native/build')]
  const resources = (process as { readonly resourcesPath?: string }).resourcesPath
  if (resources !== undefined) folders.push(join(resources, 'native'))
  return folders
}

/** The nearest folder upwards that holds package.json: right in a source tree and in its build output. */
function packageFolder(from: string): string | undefined {
  if (existsSync(join(from, 'package.json'))) return from
  const parent = dirname(from)
  return parent === from ? undefined : packageFolder(parent)
}
