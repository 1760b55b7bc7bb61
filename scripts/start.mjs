// `npm start`: installs what is missing, builds, and opens the workbench with the bundled model. In Electron where its
// binary can be had; otherwise the same app in the browser; where the workbench is not built, the command line's story.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bold, mustRun, nodeBin, root, run, step } from './lib/run.mjs'

const words = process.argv.slice(2)
if (words.includes('--help')) {
  console.log('usage: npm start [-- --browser]\n  --browser   do not use Electron: serve the workbench and open it in a browser')
  process.exit(0)
}

await mustRun(process.execPath, ['scripts/setup.mjs'])

if (!existsSync(join(root, 'out/renderer/index.html'))) {
  step('the workbench is not part of this checkout yet: a story on the command line instead')
  await mustRun(process.execPath, ['bin/greta_infer', '--prompt', 'Once upon a time'])
} else if (!words.includes('--browser') && (await electronIsReady())) {
  step('opening GRETA Workbench')
  const { status } = await run(nodeBin('electron'), ['.'])
  process.exit(status)
} else {
  step(`opening GRETA Workbench in the browser ${bold('(Ctrl-C ends it)')}`)
  const { status } = await run(process.execPath, ['bin/greta', 'serve', '--open'])
  process.exit(status)
}

/** True when the Electron binary is there or could be downloaded now. Says why not. */
async function electronIsReady() {
  const folder = join(root, 'node_modules/electron')
  if (!existsSync(folder)) return false
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    console.log('  no display: using the browser version')
    return false
  }
  const installed = () => {
    const pathFile = join(folder, 'path.txt')
    return existsSync(pathFile) && existsSync(join(folder, 'dist', readFileSync(pathFile, 'utf8').trim()))
  }
  if (installed()) return true
  step('downloading Electron (first start only)')
  const { output } = await run(process.execPath, [join(folder, 'install.js')], { capture: true, show: false })
  if (installed()) return true
  const reason = output.split('\n').find((line) => /ENOTFOUND|ECONN|ETIMEDOUT|status|Error/.test(line))
  console.log(`  Electron's binary could not be downloaded${reason ? ` (${reason.trim()})` : ''}: using the browser version`)
  return false
}
