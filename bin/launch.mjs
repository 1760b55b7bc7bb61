// Starts a program of the built command line; builds first where that has not been done. Works from any folder and through
// symbolic links (Node resolves them before import.meta).
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export async function launch(program) {
  const appRoot = dirname(dirname(fileURLToPath(import.meta.url)))
  const entry = join(appRoot, 'out/main/cli.js')
  const addon = join(process.env.GRETA_NATIVE_DIR || join(appRoot, 'native/build'), 'greta.node')
  if (!existsSync(entry) || (!existsSync(addon) && !process.env.GRETA_NATIVE_DIR)) {
    console.error(`${program}: not built yet, running scripts/setup.mjs first.`)
    // Its words go to stderr: stdout belongs to the program.
    const { status } = spawnSync(process.execPath, [join(appRoot, 'scripts/setup.mjs')], { stdio: ['ignore', 2, 2], cwd: appRoot })
    if (status !== 0 || !existsSync(entry)) {
      console.error(`${program}: setup did not finish; its message is above.`)
      process.exit(1)
    }
  }
  const { main } = await import(pathToFileURL(entry).href)
  process.exitCode = await main({ program, words: process.argv.slice(2), appRoot })
}
