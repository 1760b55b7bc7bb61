// What an unpacked app must look like. Each fact: { name, ok, found }.
import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { root } from './run.mjs'
import { NOTICES_FILE, noticesOf, packedFolders } from './third-party-notices.mjs'

const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
/** @electron/fuses FuseV1Options, by place in the wire; '1' on, '0' off. */
const FUSES = [
  ['runAsNode', '0'],
  ['enableCookieEncryption', '1'],
  ['enableNodeOptionsEnvironmentVariable', '0'],
  ['enableNodeCliInspectArguments', '0'],
  ['enableEmbeddedAsarIntegrityValidation', '1'],
  ['onlyLoadAppFromAsar', '1'],
  ['loadBrowserProcessSpecificV8Snapshot', undefined],
  ['grantFileProtocolExtraPrivileges', '0']
]
const LARGEST_ARCHIVE_BYTES = 12 * 2 ** 20
/** Packages that are bundled into out/ and must not be in the archive again. */
const BUNDLED = ['react', 'react-dom', 'recharts', 'radix-ui', 'zustand', 'lucide-react', 'cmdk', 'electron', 'ws', 'valibot']

export async function checkPackage(folder, { stub }) {
  const facts = []
  const fact = (name, ok, found) => facts.push({ name, ok, found })
  const resources = join(folder, 'resources')
  const archive = join(resources, 'app.asar')
  const binary = readdirSync(folder).find(
    (name) => readFileSync(join(folder, name), { flag: 'r' }).includes?.(SENTINEL) && statSync(join(folder, name)).isFile()
  )
  fact('binary with a fuse wire', binary !== undefined, binary ?? 'none')
  if (binary !== undefined) checkFuses(readFileSync(join(folder, binary)), fact)

  fact('archive', existsSync(archive), existsSync(archive) ? `${(statSync(archive).size / 2 ** 20).toFixed(2)} MiB` : 'absent')
  if (existsSync(archive)) {
    fact(
      'archive is small',
      statSync(archive).size <= LARGEST_ARCHIVE_BYTES,
      `${statSync(archive).size} bytes, at most ${LARGEST_ARCHIVE_BYTES}`
    )
    const { listPackage } = createRequire(import.meta.url)('@electron/asar')
    const names = listPackage(archive, {})
    for (const needed of ['/out/main/index.js', '/out/main/host.js', '/out/preload/index.cjs', '/out/renderer/index.html', '/package.json'])
      fact(`archive holds ${needed}`, names.includes(needed), names.includes(needed) ? 'yes' : 'no')
    for (const needed of ['fflate', 'pino'])
      fact(`archive holds the package ${needed}`, names.includes(`/node_modules/${needed}/package.json`), 'looked for node_modules')
    const twice = BUNDLED.filter((name) => names.includes(`/node_modules/${name}`))
    fact('the page’s packages are bundled', twice.length === 0, twice.length === 0 ? `${names.length} entries` : twice.join(', '))
    checkNotices(join(resources, NOTICES_FILE), archive, fact)
    const unpacked = absentDependencies(names)
    // npm does not follow a node_modules that is a link elsewhere, and packs only what package.json names itself.
    const linked = lstatSync(join(root, 'node_modules')).isSymbolicLink()
    fact(
      'archive holds what its packages need',
      unpacked.length === 0 || linked,
      unpacked.length === 0
        ? 'yes'
        : `absent: ${unpacked.join(', ')}${linked ? ' (node_modules is a link: this package would not start)' : ''}`
    )
    const sources = names.filter((name) => name.startsWith('/src/') || name.startsWith('/native/'))
    fact('no sources in the archive', sources.length === 0, `${sources.length}`)
  }

  const addon = join(resources, 'native/greta.node')
  fact('addon beside the archive', existsSync(addon), addon.slice(folder.length))
  const model = join(resources, 'models/greta-stories-22m.Q4_K_M.gguf')
  fact('bundled model', existsSync(model), existsSync(model) ? `${statSync(model).size} bytes` : 'absent')
  if (existsSync(addon)) {
    // The packed addon in this Node: Node-API needs no other build for Electron.
    const program = `const a=require(${JSON.stringify(addon)});console.log(a.listBackends({folders:[${JSON.stringify(join(resources, 'native'))}]}).filter((b)=>b.available).map((b)=>b.name).join(','))`
    const { stdout, status } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' })
    fact('packed addon loads and lists backends', status === 0 && stdout.includes('cpu'), stdout.trim() || `status ${status}`)
  }
  if (!stub) fact('size', true, 'a real Electron')
  return facts
}

/** Dependencies of the archive's packages, and of theirs, that are not in it. */
function absentDependencies(names) {
  const absent = new Set()
  const seen = new Set()
  const visit = (name) => {
    if (seen.has(name)) return
    seen.add(name)
    if (!names.some((path) => path.endsWith(`/node_modules/${name}/package.json`))) absent.add(name)
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'))
    Object.keys(dependencies).forEach(visit)
  }
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  Object.keys(dependencies).forEach(visit)
  return [...absent]
}

/** Every package that was packed, by name and version, above a licence text. */
function checkNotices(path, archive, fact) {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const packages = noticesOf(packedFolders(root, archive))
  const absent = packages.filter(
    (entry) => !text.includes(`${entry.name} ${entry.version} (${entry.licence})`) || !text.includes(entry.text)
  )
  fact(
    'notices of third parties',
    packages.length > 0 && absent.length === 0,
    absent.length === 0 ? `${packages.length} packages, ${text.length} characters` : `absent: ${absent.map(({ name }) => name).join(', ')}`
  )
}

function checkFuses(bytes, fact) {
  const at = bytes.indexOf(SENTINEL) + SENTINEL.length
  const wire = bytes.subarray(at + 2, at + 2 + bytes[at + 1]).toString('latin1')
  for (const [index, [name, expected]] of FUSES.entries())
    if (expected !== undefined) fact(`fuse ${name}`, wire[index] === expected, wire[index] === '1' ? 'on' : 'off')
}
