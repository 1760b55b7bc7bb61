// Checks the format of the C++ sources (or mends it with --write).
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './lib/run.mjs'

const sources = []
const visit = (folder) => {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) {
      if (!name.startsWith('build')) visit(path)
    } else if (/\.(h|cpp|hip|cu)$/.test(name)) sources.push(path)
  }
}
visit(join(root, 'native'))

const mode = process.argv.includes('--write') ? ['-i'] : ['--dry-run', '--Werror']
const { status, output } = await run('clang-format-14', [...mode, ...sources], { capture: true, show: false })
if (status === 127) console.log('C++ format: clang-format-14 is not installed; not checked')
else if (status !== 0) {
  console.error(output.split('\n').slice(0, 40).join('\n'))
  console.error('Run: node scripts/format-native.mjs --write')
  process.exit(1)
}
