// THIRD_PARTY_NOTICES.txt: whose code is in the package, and under which licence. Made of what was really packed.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, sep } from 'node:path'

export const NOTICES_FILE = 'THIRD_PARTY_NOTICES.txt'
const BUNDLES = ['main', 'preload', 'renderer']
/** Compiled into the addon: the C++ wrapper of Node-API and its headers. */
const IN_THE_ADDON = ['node-addon-api', 'node-api-headers']
const LICENCE_FILE = /^(licen[cs]e|copying|notice|ofl)([.-][\w.-]*)?$/i
/**
 * Packages published without their licence's text, and the package of the same author and licence whose text is theirs.
 * Both are compared, so that a new owner or licence shows.
 */
const TEXT_OF = { 'react-remove-scroll-bar': 'react-remove-scroll' }

/** Folders of all packages in an unpacked app: bundled into out/, in the archive, in the addon. `root`: the repository. */
export function packedFolders(root, archive) {
  const bundled = BUNDLES.flatMap((name) => JSON.parse(readFileSync(join(root, `out/packages/${name}.json`), 'utf8')))
  return [
    ...bundled,
    ...archivedPackages(archive).map((path) => join(root, path)),
    ...IN_THE_ADDON.map((name) => join(root, 'node_modules', name))
  ]
}

/** Packages in the archive, as paths: node_modules/NAME, nested ones too. */
export function archivedPackages(archive) {
  const { listPackage } = createRequire(import.meta.url)('@electron/asar')
  const names = listPackage(archive, {}).map((name) => name.split(sep).join('/').slice(1))
  return names.flatMap((name) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/@][^/]*(?=\/package\.json$)/.exec(name)?.[0] ?? [])
}

/** One entry a package, by name and version. Throws naming every package that has no licence text. */
export function noticesOf(folders) {
  const entries = new Map()
  const without = []
  for (const folder of folders) {
    const { name, version, license, author } = manifestOf(folder)
    const key = `${name} ${version}`
    if (entries.has(key)) continue
    const text = licenceText(folder) || borrowedText(folder, { name, license, author })
    if (text === '' || license === undefined) without.push(key)
    entries.set(key, { name, version, licence: license, text })
  }
  if (without.length > 0)
    throw new Error(`These packages have no licence text or no licence id and cannot be shipped: ${without.join(', ')}.`)
  return [...entries.values()].toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1))
}

/** The whole file. The same licence text is printed once, under all packages that have it. */
export function noticesText(entries, productName) {
  const groups = new Map()
  for (const entry of entries) groups.set(entry.text, [...(groups.get(entry.text) ?? []), entry])
  const titles = (group) => group.map(({ name, version, licence }) => `${name} ${version} (${licence})`).join('\n')
  return [
    `${productName} contains ${entries.length} packages of others, listed here with their licences.`,
    'Electron and Chromium have theirs beside the program: LICENSE.electron.txt and LICENSES.chromium.html.',
    ...[...groups].map(([text, group]) => `${'-'.repeat(80)}\n${titles(group)}\n\n${text}`)
  ]
    .join('\n\n')
    .concat('\n')
}

const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

function licenceText(folder) {
  const files = readdirSync(folder).filter((name) => LICENCE_FILE.test(name))
  return files
    .toSorted()
    .map((name) => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim())
    .filter((text) => text !== '')
    .join('\n\n')
}

function borrowedText(folder, { name, license, author }) {
  const lender = TEXT_OF[name]
  if (lender === undefined) return ''
  const lenderFolder = join(folder.slice(0, -name.length), lender)
  const facts = manifestOf(lenderFolder)
  return facts.license === license && JSON.stringify(facts.author) === JSON.stringify(author) ? licenceText(lenderFolder) : ''
}
