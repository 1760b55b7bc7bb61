// Builds the addon and the app when something they are made of is newer than they are.
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fail, mustRun, nodeBin, root, run, step } from './run.mjs'

/** The newest modification time below `paths` (files or folders), in milliseconds. */
function newest(paths, accept) {
  let latest = 0
  const visit = (path) => {
    const entry = statSync(path, { throwIfNoEntry: false })
    if (entry === undefined) return
    if (entry.isDirectory()) {
      for (const name of readdirSync(path)) {
        if (!name.startsWith('build') && name !== 'node_modules') visit(join(path, name))
      }
    } else if (accept(path)) latest = Math.max(latest, entry.mtimeMs)
  }
  for (const path of paths) visit(join(root, path))
  return latest
}

/**
 * Configures and builds one CMake build folder; ninja itself knows what is out of date.
 * `folder` is relative to native/; `options` are -D definitions without the dash; `targets` defaults to all.
 */
export async function buildNative({ folder = 'build', options = [], targets = [], source = 'native', quiet = true } = {}) {
  const build = join(root, 'native', folder)
  const configured = existsSync(join(build, 'build.ninja'))
  if (!configured) step(`configuring native/${folder}`)
  const configure = await run('cmake', ['-S', join(root, source), '-B', build, '-G', 'Ninja', ...options.map((option) => `-D${option}`)], {
    capture: true,
    show: false
  })
  if (configure.status !== 0) {
    console.error(configure.output)
    fail(`CMake could not configure native/${folder}.`)
  }
  if (!configured) step(`compiling native/${folder}`)
  const parallel = String(Math.max(1, Math.min(availableParallelism(), 8)))
  const compile = await run('cmake', ['--build', build, '-j', parallel, ...targets.flatMap((target) => ['--target', target])], {
    capture: quiet,
    show: false
  })
  if (compile.status !== 0) {
    console.error(compile.output.split('\n').slice(-60).join('\n'))
    fail(`The native code in native/${folder} did not compile.`, "The compiler's message is above.")
  }
}

/** Bundles main, preload, host, serve, the command line and the page into out/. */
export async function buildApp() {
  const isSource = (path) => !/\.test\.tsx?$/.test(path)
  const sources = newest(['src', 'electron.vite.config.ts', 'package-lock.json', 'package.json'], isSource)
  const built = statSync(join(root, 'out/.built'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (built >= sources) return
  step('bundling the app')
  await mustRun(nodeBin('electron-vite'), ['build', '--logLevel', 'warn'])
  writeFileSync(join(root, 'out/.built'), '')
}
