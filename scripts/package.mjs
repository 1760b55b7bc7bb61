// `npm run package`: an unpacked app in dist/, then a check of its layout.
//   node scripts/package.mjs [--stub] [--json]
//   --stub  do not try Electron's binary: pack around a stand-in, which shows layout, archive and fuses (what CI does)
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { buildApp, buildNative } from './lib/build.mjs'
import { checkPackage } from './lib/package-layout.mjs'
import { fail, nodeBin, root, run, step } from './lib/run.mjs'

const words = process.argv.slice(2)
if (words.includes('--help')) {
  console.log('usage: npm run package [-- --stub]\n  --stub  pack around a stand-in for the Electron binary, to check the layout only')
  process.exit(0)
}
const { version } = createRequire(import.meta.url)(join(root, 'node_modules/electron/package.json'))

await buildNative()
await buildApp()
const stub = words.includes('--stub') || !electronIsHere()
rmSync(join(root, 'dist'), { recursive: true, force: true })
const options = ['--dir', '-c.electronVersion', version]
if (stub) {
  step('packing around a stand-in for the Electron binary: this shows the layout, it does not start')
  options.push(`-c.electronDist=${stubDistribution()}`)
} else step('packing')
const { status, output } = await run(nodeBin('electron-builder'), options, { capture: true, show: false })
if (status !== 0) {
  console.error(output.split('\n').slice(-40).join('\n'))
  fail(`electron-builder ended with status ${status}.`)
}
const facts = await checkPackage(join(root, 'dist/linux-unpacked'), { stub })
for (const { name, ok, found } of facts) console.log(`${ok ? '✓' : '✗'} ${name}: ${found}`)
const failed = facts.filter((fact) => !fact.ok).length
console.log(`${facts.length - failed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)

/** The downloaded Electron, or one that can be downloaded now. */
function electronIsHere() {
  const folder = join(root, 'node_modules/electron')
  const here = () => existsSync(join(folder, 'path.txt'))
  if (here()) return true
  step("downloading Electron's binary")
  spawnSync(process.execPath, [join(folder, 'install.js')], { stdio: 'ignore', timeout: 120_000 })
  return here()
}

/** A folder with the names that electron-builder expects; `electron` holds the fuse wire, so that flipping fuses is real. */
function stubDistribution() {
  const folder = join(root, 'out/electron-stub')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'resources'), { recursive: true })
  mkdirSync(join(folder, 'locales'), { recursive: true })
  const sentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX' // @electron/fuses/dist/constants.js
  const wire = Buffer.concat([
    Buffer.from('a stand-in for the Electron binary\0'),
    Buffer.from(sentinel),
    Buffer.from([1, 9]),
    Buffer.from('100001111')
  ])
  writeFileSync(join(folder, 'electron'), wire, { mode: 0o755 })
  for (const name of [
    'LICENSE',
    'LICENSES.chromium.html',
    'chrome-sandbox',
    'chrome_crashpad_handler',
    'icudtl.dat',
    'resources.pak',
    'locales/en-US.pak'
  ])
    writeFileSync(join(folder, name), name)
  writeFileSync(join(folder, 'version'), version)
  return folder
}
