// B3.68 smoke test: runs greta_infer in both modes with a dump each, checks both folders against the contract and that the
// logits of the shared span are the same, bit for bit.   node scripts/smoke-b3.68.mjs [greta_infer options, e.g. --model M]
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

const root = join(import.meta.dirname, '..')
const words = process.argv.slice(2)
if (words.includes('--help')) {
  console.log(
    'usage: node scripts/smoke-b3.68.mjs [greta_infer options]\nDumps logits in mode prefill and mode decode, and checks them against the B3.68 contract.'
  )
  process.exit(0)
}
const scratch = mkdtempSync(join(tmpdir(), 'greta-b368-'))
const METADATA_KEYS = ['dtype', 'prompt_len', 'gen_len', 'seed', 'kv_aligned', 'mode', 'token_span', 'timestamp', 'repo_branch']

function check(holds, what) {
  if (!holds) throw new Error(what)
  console.log(`  ok  ${what}`)
}

function dump(mode) {
  console.log(`mode ${mode}`)
  const folder = join(scratch, mode)
  const output = execFileSync(
    process.execPath,
    [
      join(root, 'bin/greta_infer'),
      '--prompt',
      'Hello, world',
      '--max-tokens',
      '10',
      '--kv-aligned',
      '1',
      '--seed',
      '42',
      '--mode',
      mode,
      '--dump-logits',
      folder,
      ...words
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }
  )
  check(output.trimEnd().endsWith('STATUS=OK'), 'the last line is STATUS=OK')
  check(
    readdirSync(folder).toSorted().join() === 'logits.jsonl.gz,metadata.json',
    'the folder holds metadata.json and logits.jsonl.gz, nothing else'
  )
  const metadata = JSON.parse(readFileSync(join(folder, 'metadata.json'), 'utf8'))
  check(Object.keys(metadata).join() === METADATA_KEYS.join(), 'metadata.json is JSON with the agreed keys')
  check(metadata.mode === mode && metadata.seed === 42 && metadata.kv_aligned === 1, 'mode, seed and kv_aligned are those asked for')
  check(metadata.token_span.start === metadata.prompt_len && metadata.token_span.count === 1, 'token_span is {start: prompt_len, count: 1}')
  check(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(metadata.timestamp), 'the timestamp is UTC in seconds')
  const lines = gunzipSync(readFileSync(join(folder, 'logits.jsonl.gz')))
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  check(
    lines.length === 1 && lines[0].token_idx === metadata.prompt_len,
    'logits.jsonl.gz is gzip with one line, for the first generated token'
  )
  return { id: lines[0].token_id, logits: Float32Array.from(lines[0].logits) }
}

try {
  const prefill = dump('prefill')
  const decode = dump('decode')
  console.log('prefill against decode')
  check(prefill.id === decode.id, `the same token was chosen (${prefill.id})`)
  check(
    Buffer.from(prefill.logits.buffer).equals(Buffer.from(decode.logits.buffer)),
    `all ${prefill.logits.length} logits are the same, bit for bit`
  )
  console.log('STATUS=OK')
} catch (thrown) {
  console.log(`STATUS=FAILED ${thrown.message}`)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
