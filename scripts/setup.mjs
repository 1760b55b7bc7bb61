// Installs what is missing, or says exactly what to install where it may not. Idempotent: run it as often as you like.
//   node scripts/setup.mjs [--tests] [--no-build]
//   --tests     also what the tests need: Chromium, doctest, clang-format
//   --no-build  do not build the addon and the app
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { buildApp, buildNative } from './lib/build.mjs'
import { findChromium } from './lib/chromium.mjs'
import { fail, has, mustRun, root, run, step } from './lib/run.mjs'

const wanted = new Set(process.argv.slice(2))
if (wanted.has('--help')) {
  console.log(
    'usage: node scripts/setup.mjs [--tests] [--no-build]\nInstalls npm packages and build tools that are missing, then builds the addon and the app.'
  )
  process.exit(0)
}

checkNode()
await installSystemPackages(missingSystemPackages(wanted.has('--tests')))
await installNpmPackages()
if (!wanted.has('--no-build')) {
  await buildNative()
  await buildApp()
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const accepted = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22
  if (!accepted)
    fail(
      `Node.js 20.19+ or 22.12+ is needed; this is ${process.versions.node}.`,
      'Install a current Node.js from https://nodejs.org and run this again.'
    )
}

/** Each entry: what is looked for, its Debian package and, for other systems, its usual name. */
function missingSystemPackages(forTests) {
  const missing = []
  const need = (present, debian, elsewhere) => present || missing.push({ debian, elsewhere })
  need(has('cmake'), 'cmake', 'cmake')
  need(has('ninja'), 'ninja-build', 'ninja')
  need(has('c++') || has('g++') || has('clang++'), 'g++', 'a C++20 compiler (GCC 12+, Clang 15+)')
  if (forTests && process.platform === 'linux') {
    need(findChromium() !== undefined, 'chromium', 'Chromium or Chrome')
    need(existsSync('/usr/include/doctest/doctest.h') || existsSync('/usr/local/include/doctest/doctest.h'), 'doctest-dev', 'doctest')
    need(has('clang-format-14'), 'clang-format-14', 'clang-format 14')
  }
  return missing
}

async function installSystemPackages(missing) {
  if (missing.length === 0) return
  const debian = missing.map((entry) => entry.debian)
  const elsewhere = missing.map((entry) => entry.elsewhere)
  const manual =
    process.platform === 'darwin'
      ? `brew install ${elsewhere.join(' ')}   (the compiler: xcode-select --install)`
      : `with your system's package manager: ${elsewhere.join(', ')}`
  if (process.platform !== 'linux' || !has('apt-get'))
    fail(`These programs are missing: ${elsewhere.join(', ')}.`, `Install them, then run this again: ${manual}`)
  const isRoot = process.getuid?.() === 0
  const maySudo = !isRoot && (await run('sudo', ['-n', 'true'], { capture: true, show: false })).status === 0
  if (!isRoot && !maySudo) {
    fail(
      `These packages are missing and this user may not install them: ${debian.join(', ')}.`,
      `Run: sudo apt-get install -y ${debian.join(' ')}`,
      'then run this again.'
    )
  }
  const apt = (...words) =>
    isRoot ? run('apt-get', words, { env: { DEBIAN_FRONTEND: 'noninteractive' } }) : run('sudo', ['-n', 'apt-get', ...words])
  step(`installing ${debian.join(', ')}`)
  await apt('update', '-qq')
  const { status } = await apt('install', '-y', '-qq', '--no-install-recommends', ...debian)
  if (status !== 0) fail(`apt-get could not install ${debian.join(', ')} (status ${status}).`, 'Its own message is above.')
}

/** npm ci, unless node_modules already belongs to this lock file, or to another checkout: npm would empty that one. */
async function installNpmPackages() {
  if (lstatSync(`${root}node_modules`, { throwIfNoEntry: false })?.isSymbolicLink()) return
  const lock = createHash('sha256')
    .update(readFileSync(`${root}package-lock.json`))
    .digest('hex')
  const stamp = `${root}node_modules/.greta-lock`
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  // `npm ci` empties the folder first: through a link that would be another checkout's.
  if (lstatSync(`${root}node_modules`, { throwIfNoEntry: false })?.isSymbolicLink()) {
    step('node_modules is a link to a shared install: left as it is')
    return
  }
  step('installing npm packages (npm ci)')
  // No package needs its install script: the addon is built below, Electron is fetched on first use.
  await mustRun('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel', 'error'])
  writeFileSync(stamp, lock)
}
