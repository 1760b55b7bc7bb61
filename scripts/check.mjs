// Everything that can be judged without running the product: types, type-aware lint, format, import walls and cycles.
//   node scripts/check.mjs          prints each step and ends with status 1 when one failed
import { existsSync } from 'node:fs'
import { nodeBin, root, run, step } from './lib/run.mjs'

export const CHECKS = [
  { name: 'types of Node code', command: nodeBin('tsc'), words: ['-p', 'tsconfig.node.json'] },
  { name: 'types of the page', command: nodeBin('tsc'), words: ['-p', 'tsconfig.web.json'] },
  { name: 'types of end-to-end tests', command: nodeBin('tsc'), words: ['-p', 'tsconfig.e2e.json'] },
  { name: 'lint', command: nodeBin('oxlint'), words: ['--type-aware', '--deny-warnings', 'src', 'scripts', 'bench', 'e2e'] },
  { name: 'format', command: nodeBin('biome'), words: ['format', '.'] },
  { name: 'import walls and cycles', command: process.execPath, words: ['scripts/check-imports.mjs'] },
  { name: 'C++ format', command: process.execPath, words: ['scripts/format-native.mjs'] }
]

/** Runs every check; resolves to the names of those that failed. */
export async function runChecks() {
  const failed = []
  for (const check of CHECKS) {
    const words = check.words.filter(
      (word) => word.startsWith('-') || !/^(src|scripts|bench|e2e)$/.test(word) || existsSync(`${root}${word}`)
    )
    const { status, output } = await run(check.command, words, { capture: true, show: false })
    console.log(`${status === 0 ? '✓' : '✗'} ${check.name}`)
    if (status !== 0) {
      console.log(output.trimEnd())
      failed.push(check.name)
    }
  }
  return failed
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  if (!existsSync(`${root}node_modules/.bin/tsc`)) {
    step('installing what the checks need')
    await run(process.execPath, ['scripts/setup.mjs', '--tests', '--no-build'])
  }
  const failed = await runChecks()
  if (failed.length > 0) {
    console.error(`${failed.length} of ${CHECKS.length} checks failed: ${failed.join(', ')}`)
    process.exit(1)
  }
}
