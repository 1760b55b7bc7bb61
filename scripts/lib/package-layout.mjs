// What an unpacked app must look like. Each fact: { name, ok, found }.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

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
const BUNDLED = ['react', 'react-dom', 'recharts', 'radix-ui', 'zustand', 'uplot', 'lucide-react', 'cmdk', 'electron', 'ws', 'valibot']

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

function checkFuses(bytes, fact) {
  const at = bytes.indexOf(SENTINEL) + SENTINEL.length
  const wire = bytes.subarray(at + 2, at + 2 + bytes[at + 1]).toString('latin1')
  for (const [index, [name, expected]] of FUSES.entries())
    if (expected !== undefined) fact(`fuse ${name}`, wire[index] === expected, wire[index] === '1' ? 'on' : 'off')
}
