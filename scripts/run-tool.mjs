// Bundles a TypeScript program of this folder into one file, out/tools/NAME.mjs, and runs it:
//   node scripts/run-tool.mjs write-model --help
//   node scripts/run-tool.mjs write-model --bundle-only
// The bundle needs nothing but Node, so it can be carried to a machine without npm.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fail, root } from './lib/run.mjs'

const TOOLS = readdirSync(join(root, 'scripts'))
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => name.slice(0, -'.ts'.length))

const [name, ...words] = process.argv.slice(2)
if (name === undefined || !TOOLS.includes(name)) {
  console.error(`usage: node scripts/run-tool.mjs NAME [--bundle-only | words for the program]\nNAME is one of ${TOOLS.join(', ')}.`)
  process.exit(2)
}
if (!existsSync(join(root, 'node_modules/vite'))) fail('The packages are not installed.', 'Run: npm run setup')

const { build } = await import('vite')
await build({
  root,
  configFile: false,
  publicDir: false,
  logLevel: 'warn',
  build: {
    ssr: join(root, `scripts/${name}.ts`),
    outDir: join(root, 'out/tools'),
    emptyOutDir: false,
    target: 'node20.19',
    rolldownOptions: { output: { format: 'es', entryFileNames: `${name}.mjs`, codeSplitting: false } }
  },
  ssr: { noExternal: true }
})

const bundle = join(root, `out/tools/${name}.mjs`)
if (words.includes('--bundle-only')) console.log(bundle)
else {
  const program = spawn(process.execPath, [bundle, ...words], { stdio: 'inherit' })
  // The program gets the terminal's Ctrl-C itself and cleans up; wait for it.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => program.kill('SIGTERM'))
  program.on('exit', (code, signal) => {
    process.exitCode = signal === null ? code : 128 + constants.signals[signal]
  })
}
