import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { bundledModel } from '../engine/session/test-support/models'
import { repository, runProgram } from './test-support/run-program'

const scratch = mkdtempSync(join(tmpdir(), 'greta-cli-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

interface InferJson {
  readonly text: string
  readonly ids: number[]
  readonly prompt_ids: number[]
  readonly finish_reason: string
  readonly timings: Record<string, number>
  readonly stats?: { readonly point: string; readonly nan: number }[]
  readonly speculation?: { readonly drafted: number; readonly accepted: number }
}
const json = async (...words: string[]): Promise<InferJson> => {
  const { code, out, err } = await runProgram('greta_infer', ['--json', ...words])
  expect(err).toBe('')
  expect(code).toBe(0)
  expect(out.indexOf('\n')).toBe(out.length - 1)
  return JSON.parse(out) as InferJson
}

describe('greta_infer', () => {
  it('prints banner, configuration, story, times and STATUS=OK', async () => {
    const { code, out, err } = await runProgram('greta_infer', ['--prompt', 'Once upon a time', '--max-tokens', '24', '--greedy'])
    expect(code).toBe(0)
    expect(err).toBe('')
    const lines = out.split('\n')
    expect(lines.slice(0, 4)).toEqual([
      '╔═══════════════════════════════════════════════════════╗',
      '║           GRETA CORE - LLM Inference Engine           ║',
      '║                    Phase 3 Preview                    ║',
      '╚═══════════════════════════════════════════════════════╝'
    ])
    for (const line of [
      'Configuration:',
      '  Prompt: "Once upon a time"',
      '  Max tokens: 24',
      '  Greedy: yes',
      'Initialized scheduler for 8 layers',
      'Generator initialized'
    ]) {
      expect(lines).toContain(line)
    }
    expect(out).toMatch(/^Model: .* \(22\.03M params\)$/m)
    expect(out).toMatch(/^Buffers allocated/m)
    expect(out).toContain('Once upon a time, there was a little girl')
    expect(out).toMatch(/^Total time: [\d.]+ m?s$/m)
    expect(out).toMatch(/^Time to first token: [\d.]+ m?s$/m)
    expect(out).toMatch(/^Tokens\/second: [\d.]+$/m)
    expect(lines.slice(-2)).toEqual(['STATUS=OK', ''])
  })

  it('--json is one object and nothing else; ids in, ids out; the same seed gives the same text', async () => {
    const first = await json('--prompt-ids', '1,570,516,261,446', '--max-tokens', '12', '--seed', '7')
    const second = await json('--prompt', 'Once upon a time', '--max-tokens', '12', '--seed', '7', '--threads', '1', '--prompt-chunk', '2')
    expect(first.prompt_ids).toEqual([1, 570, 516, 261, 446])
    expect(second.prompt_ids).toEqual(first.prompt_ids)
    expect(second.ids).toEqual(first.ids)
    expect(second.text).toBe(first.text)
    expect(first.finish_reason).toBe('length')
    for (const key of ['load_ms', 'ttft_ms', 'prefill_tok_s', 'decode_tok_s', 'total_ms']) expect(first.timings[key]).toBeGreaterThan(0)
    const third = await runProgram('greta_infer', ['--json', '--max-tokens', '12'], { environment: { GRETA_SEED: '7' } })
    expect((JSON.parse(third.out) as InferJson).ids).toEqual(first.ids)
  })

  it('--stats, --speculate and stop strings', async () => {
    const { stats } = await json('--max-tokens', '3', '--greedy', '--stats')
    expect(stats?.length).toBe(1 + 8 * 13 + 2)
    expect(stats?.every(({ nan }) => nan === 0)).toBe(true)
    const plain = await json('--max-tokens', '40', '--greedy')
    const guessed = await json('--max-tokens', '40', '--greedy', '--speculate')
    expect(guessed.ids).toEqual(plain.ids)
    expect(guessed.speculation).toBeDefined()
    const stopped = await json('--max-tokens', '40', '--greedy', '--stop', 'girl', '--stop', 'never said')
    expect(stopped.finish_reason).toBe('stop-string')
    expect(plain.text.startsWith(stopped.text)).toBe(true)
    expect(stopped.text).not.toContain('girl')
  })

  it('works from any folder and through a symbolic link', async () => {
    const link = join(scratch, 'infer')
    symlinkSync(join(repository, 'bin/greta_infer'), link)
    const { code, out } = await runProgram('greta_infer', ['--json', '--max-tokens', '1', '--greedy'], { folder: scratch, path: link })
    expect(code).toBe(0)
    expect((JSON.parse(out) as InferJson).ids).toEqual([4022])
  })

  it('Ctrl-C keeps the text so far and exits with 130', async () => {
    let interrupted = false
    const { code, out } = await runProgram('greta_infer', ['--max-tokens', '480', '--greedy', '--backend', 'reference'], {
      onOut: (text, child) => {
        if (interrupted || !text.includes('Once upon a time,')) return
        interrupted = true
        child.kill('SIGINT')
      }
    })
    expect(code).toBe(130)
    expect(out).toContain('(interrupted)')
    expect(out.trimEnd().endsWith('STATUS=FAILED interrupted')).toBe(true)
  })

  it.each([
    [['--bogus'], 2, 'Unknown option "--bogus".'],
    [['--max-tokens', 'many'], 2, '--max-tokens needs a whole number'],
    [['--temperature', '-1'], 2, '--temperature needs a number from 0 to 100'],
    [['--top-p', 'NaN'], 2, '--top-p needs a number'],
    [['--kv-aligned', '2'], 2, '--kv-aligned needs 0 or 1'],
    [['--prompt', 'a', '--prompt-ids', '1'], 2, 'Give --prompt or --prompt-ids, not both.'],
    [['--model', '/nowhere/model.gguf'], 1, '/nowhere/model.gguf'],
    [['--model', '/etc/hostname'], 1, 'the file ends inside the magic number'],
    [['--backend', 'abacus'], 1, 'Backend "abacus" is not here'],
    [['--prompt-ids', '4096'], 1, 'Token id 4096 at position 0'],
    [['--context', '4', '--prompt', 'Once upon a time there was'], 1, 'but the context of this load holds 4'],
    [['--context', '4000000', '--kv-type', 'f32'], 1, 'available']
  ])('%j fails in one sentence with exit code %d', async (words, exitCode, sentence) => {
    const { code, out, err } = await runProgram('greta_infer', words)
    expect(err).toContain(sentence)
    expect(err).not.toContain('    at ')
    expect(code).toBe(exitCode)
    const last = out.trimEnd().split('\n').at(-1) as string
    expect(last.startsWith('STATUS=FAILED ')).toBe(true)
    expect(last).toContain(sentence)
    const asJson = await runProgram('greta_infer', [...words, '--json'])
    expect(asJson.code).toBe(exitCode)
    expect((JSON.parse(asJson.out) as { error: { message: string } }).error.message).toContain(sentence)
  })
})

describe('the logits dump (B3.68)', () => {
  it('holds for both modes, and they agree to the bit', () => {
    const out = execFileSync(process.execPath, [join(repository, 'scripts/smoke-b3.68.mjs')], { encoding: 'utf8' })
    expect(out.trimEnd().endsWith('STATUS=OK')).toBe(true)
  })

  it('without a mode every generated token is there, with the logits that greedy decoding maximises', async () => {
    const folder = join(scratch, 'all')
    const { ids, prompt_ids } = await json('--max-tokens', '9', '--greedy', '--dump-logits', folder)
    const lines = gunzipSync(readFileSync(join(folder, 'logits.jsonl.gz')))
      .toString()
      .trimEnd()
      .split('\n')
    const rows = lines.map((line) => JSON.parse(line) as { token_idx: number; token_id: number; logits: number[] })
    expect(rows.map(({ token_id }) => token_id)).toEqual(ids)
    expect(rows.map(({ token_idx }) => token_idx)).toEqual(ids.map((_, index) => prompt_ids.length + index))
    for (const { token_id, logits } of rows) expect(logits.indexOf(Math.max(...logits))).toBe(token_id)
    const metadata = JSON.parse(readFileSync(join(folder, 'metadata.json'), 'utf8')) as Record<string, unknown>
    expect(metadata).toMatchObject({
      prompt_len: prompt_ids.length,
      gen_len: 9,
      token_span: { start: prompt_ids.length, count: 9 },
      kv_aligned: 0,
      dtype: 'f32'
    })
  })

  it('leaves nothing behind when it cannot be written', async () => {
    const blocked = join(scratch, 'file')
    writeFileSync(blocked, '')
    const inTheWay = await runProgram('greta_infer', ['--max-tokens', '2', '--dump-logits', join(blocked, 'dump')])
    expect(inTheWay.code).toBe(1)
    expect(inTheWay.err).toContain('a file is in the way')

    const bad = join(scratch, 'bad')
    const failing = await runProgram('greta_infer', ['--prompt-ids', '9999', '--dump-logits', bad])
    expect(failing.code).toBe(1)
    expect(existsSync(bad)).toBe(false)

    if (process.getuid?.() !== 0) {
      const locked = join(scratch, 'locked')
      mkdirSync(locked)
      chmodSync(locked, 0o500)
      const { code, err } = await runProgram('greta_infer', ['--max-tokens', '2', '--dump-logits', locked])
      expect(code).toBe(1)
      expect(err).toContain('not permitted')
    }
  })

  it('a full disk ends the run in one sentence and leaves the folder as it was', () => {
    const folder = join(scratch, 'full')
    mkdirSync(folder)
    // A file size limit of 8 KiB stands in for the full disk: the same write fails in the same place.
    const script = `trap '' XFSZ; ulimit -f 8; exec "${process.execPath}" "${join(repository, 'bin/greta_infer')}" --max-tokens 60 --greedy --dump-logits "${folder}"`
    let code = 0
    let output = ''
    try {
      execFileSync('bash', ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    } catch (thrown) {
      const failure = thrown as { status: number; stdout: string; stderr: string }
      code = failure.status
      output = failure.stderr + failure.stdout
    }
    expect(code).toBe(1)
    expect(output).toContain('could not be written')
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('greta', () => {
  it('lists its verbs; every verb has --help', async () => {
    const { code, out } = await runProgram('greta', ['--help'])
    expect(code).toBe(0)
    const verbs = [...out.matchAll(/^ {2}([a-z-]+) {2,}/gm)].map(([, name]) => name as string)
    expect(verbs).toEqual(expect.arrayContaining(['infer', 'inspect', 'bench', 'check-loader', 'check-scheduler']))
    for (const verb of verbs) {
      const help = await runProgram('greta', [verb, '--help'])
      expect(help.code, verb).toBe(0)
      expect(help.out, verb).toContain('usage: greta')
    }
    expect((await runProgram('greta', [])).code).toBe(2)
    const unknown = await runProgram('greta', ['nope'])
    expect(unknown.code).toBe(2)
    expect(unknown.err).toContain('unknown verb "nope"')
  })

  it('inspect says what is in the file, in text and JSON', async () => {
    const { out } = await runProgram('greta', ['inspect'])
    expect(out).toContain('22.03M parameters (22028800)')
    expect(out).toContain('Memory plan')
    const { out: text } = await runProgram('greta', ['inspect', bundledModel, '--json'])
    const facts = JSON.parse(text) as {
      readonly tensors: unknown[]
      readonly config: { parameterCount: number }
      readonly memory: { plan: { fits: boolean } }
    }
    expect(facts.tensors.length).toBe(75)
    expect(facts.config.parameterCount).toBe(22_028_800)
    expect(facts.memory.plan.fits).toBe(true)
    const devices = JSON.parse((await runProgram('greta', ['inspect', '--devices', '--json'])).out) as {
      readonly devices: { name: string }[]
    }
    expect(devices.devices.map(({ name }) => name)).toEqual(expect.arrayContaining(['reference', 'cpu', 'hip', 'cuda']))
  })

  it('the phase 3 checks do real work and end in STATUS=OK', async () => {
    const loader = await runProgram('greta', ['check-loader'])
    expect(loader.out).toContain('Model Config (Llama-2-7B):\n  dim: 4096, num_heads: 32, num_layers: 32\n  param_count: 6.73815B')
    expect(loader.out.trimEnd().endsWith('STATUS=OK')).toBe(true)
    const scheduler = await runProgram('greta', ['check-scheduler'])
    expect(scheduler.out).toContain('Config: 8 layers, dim=512')
    expect(scheduler.out).toContain('0 NaN over all trace points')
    expect(scheduler.out.trimEnd().endsWith('STATUS=OK')).toBe(true)
  })

  it('bench gives medians, spread and the share of the measured bandwidth', async () => {
    const { code, out } = await runProgram('greta', ['bench', '--pp', '16', '--tg', '8', '--repetitions', '2', '--trace', '--json'])
    expect(code).toBe(0)
    const figures = JSON.parse(out) as Record<string, { readonly median: number; readonly least: number; readonly most: number } & number>
    for (const key of ['load_ms', 'prefill_tok_s', 'decode_tok_s', 'read_bandwidth_gb_s', 'traced_decode_tok_s']) {
      const { median, least, most } = figures[key] as { median: number; least: number; most: number }
      expect(median, key).toBeGreaterThan(0)
      expect(least).toBeLessThanOrEqual(median)
      expect(most).toBeGreaterThanOrEqual(median)
    }
    expect(figures['decode_gb_s']).toBeGreaterThan(0)
    expect(figures['bandwidth_share']).toBeGreaterThan(0)
    expect(figures['peak_resident_bytes']).toBeGreaterThan(10_000_000)
  })

  it('a missing addon is named, with what was tried and what to do', async () => {
    const { code, err } = await runProgram('greta_infer', ['--max-tokens', '1'], { environment: { GRETA_NATIVE_DIR: scratch } })
    expect(code).toBe(1)
    expect(err).toContain(`${join(scratch, 'greta.node')} (absent)`)
    expect(err).toContain('npm run build:native')
  })
})
