// B3.67 equivalence guardrail: dumps the logits of the first generated token in both modes and compares them bit for bit.
//   node scripts/guardrail-b3.67.mjs [greta_infer options, e.g. --model M --backend hip]     exit code 0: equal; 1: not
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const words = process.argv.slice(2)
if (words.includes('--help')) {
  console.log(
    'usage: node scripts/guardrail-b3.67.mjs [greta_infer options]\nIs prefill == decode? Two logits dumps of the same span, compared bit for bit.'
  )
  process.exit(0)
}
const scratch = mkdtempSync(join(tmpdir(), 'greta-b367-'))
const run = (program, ...rest) =>
  spawnSync(process.execPath, [join(root, 'bin', program), ...rest], { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })

try {
  const folders = ['prefill', 'decode'].map((mode) => {
    const folder = join(scratch, mode)
    const options = ['--prompt', 'Once upon a time there was a little robot', '--max-tokens', '1', '--seed', '42', '--kv-aligned', '1']
    const { status, stdout } = run('greta_infer', ...options, ...words, '--mode', mode, '--dump-logits', folder)
    if (status !== 0) throw new Error(`greta_infer --mode ${mode} failed: ${stdout.trimEnd().split('\n').at(-1)}`)
    return folder
  })
  const { status, stdout } = run('greta', 'equivalence', ...folders)
  process.stdout.write(stdout)
  process.exitCode = status ?? 1
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
