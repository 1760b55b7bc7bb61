import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { bundledModel } from '../../engine/session/test-support/models'
import { patchedModel } from '../../engine/session/test-support/patched-model'
import { repository, runProgram } from '../test-support/run-program'

const scratch = mkdtempSync(join(tmpdir(), 'greta-numerics-cli-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const greta = (...words: string[]) => runProgram('greta', words)
const dump = async (name: string, ...words: string[]): Promise<string> => {
  const folder = join(scratch, name)
  const { code } = await runProgram('greta_infer', [
    '--prompt',
    'A cat',
    '--max-tokens',
    '1',
    '--seed',
    '1',
    '--dump-logits',
    folder,
    ...words
  ])
  expect(code).toBe(0)
  return folder
}

describe('numeric verbs', () => {
  it('parity: OK and exit code 0; the same bytes every time', async () => {
    const first = await greta('parity', '--tokens', '12', '--local', '4', '--json')
    expect(first.code).toBe(0)
    expect(JSON.parse(first.out)).toMatchObject({ verdict: 'ok', tokenCount: 12, localPositions: 4 })
    expect((await greta('parity', '--tokens', '12', '--local', '4', '--json')).out).toBe(first.out)
    const text = await greta('parity', '--tokens', '12', '--local', '4')
    expect(text.out).toMatch(/^KL divergence, nats {3}mean .* 99\.9 % .* median .* min /m)
    expect(text.out.trimEnd()).toMatch(/VERDICT=OK$/)
  })

  it('parity of other KV types is measured against other limits, and a failure is exit code 1', async () => {
    const mixed = await greta('parity', '--tokens', '12', '--kv-type', 'f16', '--reference-kv-type', 'f32', '--json')
    expect(mixed.code).toBe(0)
    expect(JSON.parse(mixed.out)).toMatchObject({ limits: { why: expect.stringMatching(/f16 against f32/) } })
  })

  it('equivalence, health, fault-lab, lens and divergence', async () => {
    expect((await greta('equivalence', '--tokens', '16')).out).toMatch(/✓ decode \(chunks of 1\)[\s\S]*VERDICT=EQUAL/)
    expect((await greta('health', '--prompt', 'A cat')).out).toMatch(/0 NaN, 0 infinite[\s\S]*VERDICT=CLEAN/)
    expect((await greta('fault-lab')).out).toMatch(/5 of 5 faults named/)
    const lens = JSON.parse((await greta('lens', '--prompt', 'Once upon a', '--json')).out) as {
      lastEqualsLogits: boolean
      layers: unknown[]
    }
    expect(lens).toMatchObject({ lastEqualsLogits: true })
    expect(lens.layers).toHaveLength(8)
    expect((await greta('divergence', '--tokens', '8')).out).toMatch(/no operation leaves its limit[\s\S]*VERDICT=AGREE/)
  })

  it('one weight row of a file that is 1 % too large is found and named', async () => {
    const larger = (bits: number): number => {
      // A positive or negative f16 times 1.01, exactly rounded on its significand.
      const significand = Math.round((1024 + (bits & 1023)) * 1.01)
      return significand < 2048 ? (bits & 0xfc00) | (significand & 1023) : (bits & 0xfc00) + 1024 + ((significand >> 1) & 1023)
    }
    const row = 100
    const model = await patchedModel(scratch, 'blk.5.ffn_up.weight', (bytes) => {
      // 512 inputs are two Q4_K blocks of 144 bytes; each begins with its scale and its minimum.
      for (let block = 2 * row; block < 2 * row + 2; block += 1)
        for (const offset of [0, 2]) bytes.writeUInt16LE(larger(bytes.readUInt16LE(block * 144 + offset)), block * 144 + offset)
    })
    const { code, out } = await greta('divergence', '--tokens', '8', '--model', model, '--reference-model', bundledModel, '--limit', '1e-9')
    expect(code).toBe(1)
    expect(out).toMatch(/first divergence: layer 5 ffn_up \(up projection\).* element 100:/)
    expect(out).toMatch(/only output row 100 differs: its weight row is damaged/)
    const json = await greta(
      'divergence',
      '--tokens',
      '8',
      '--model',
      model,
      '--reference-model',
      bundledModel,
      '--limit',
      '1e-9',
      '--json'
    )
    expect(JSON.parse(json.out)).toMatchObject({ verdict: 'diverges', first: { layer: 5, point: 'ffn_up', worstElement: 100 } })
  })

  it('every report is the same bytes every time', async () => {
    const few = ['--tokens', '8', '--json']
    for (const words of [
      ['divergence', ...few],
      ['equivalence', ...few],
      ['noise', ...few],
      ['fault-lab', ...few],
      ['health', '--prompt', 'A cat', '--json'],
      ['lens', '--prompt', 'A cat', '--json'],
      ['drift', '--max-tokens', '6', ...few]
    ]) {
      const first = await greta(...words)
      expect(first.out, words[0]).toMatch(/^\{.*\}\n$/)
      expect((await greta(...words)).out, words[0]).toBe(first.out)
    }
  })

  it('two dumps: equal, different, and not comparable', async () => {
    const prefill = await dump('prefill', '--mode', 'prefill', '--kv-aligned', '1')
    const decode = await dump('decode', '--mode', 'decode', '--kv-aligned', '1')
    expect(await greta('equivalence', prefill, decode)).toMatchObject({ code: 0, out: expect.stringMatching(/VERDICT=EQUAL/) })
    const other = await dump('other', '--mode', 'prefill', '--backend', 'reference')
    expect(await greta('equivalence', prefill, other)).toMatchObject({
      code: 1,
      out: expect.stringMatching(/NMSE .*e-[\s\S]*VERDICT=DIFFERENT/)
    })
    expect(await greta('equivalence', prefill)).toMatchObject({ code: 2 })
    expect(await greta('equivalence', prefill, join(scratch, 'nothing'))).toMatchObject({
      code: 1,
      err: expect.stringMatching(/is not there/)
    })
    const checked = await greta('parity', '--reference-dump', prefill, '--prompt', 'A cat', '--json')
    expect(JSON.parse(checked.out)).toMatchObject({ verdict: 'ok', identicalPositions: 1 })
    truncateSync(join(decode, 'logits.jsonl.gz'), 40)
    expect(await greta('equivalence', prefill, decode)).toMatchObject({ code: 1, err: expect.stringMatching(/not a whole gzip file/) })
  })

  it('bad recordings are one sentence', async () => {
    const file = join(scratch, 'x.greta')
    writeFileSync(file, 'PK hello')
    const { code, err } = await greta('parity', '--reference-run', file)
    expect(code).toBe(1)
    expect(err.trimEnd().split('\n').length).toBeLessThanOrEqual(2)
    expect(err).not.toMatch(/at .*\.js/)
    for (const [path, sentence] of [
      [join(scratch, 'none.greta'), /There is no file .*none\.greta\./],
      [scratch, /is not a file\./]
    ] as const)
      for (const verb of ['parity', 'drift'])
        expect(await greta(verb, '--reference-run', path)).toMatchObject({ code: 1, err: expect.stringMatching(sentence) })
    expect(await greta('parity', '--tokens', '600')).toMatchObject({ code: 1, err: expect.stringMatching(/600 tokens .* holds 512/) })
    for (const [fault, sentence] of [
      ['nan', /needs KIND@LAYER\.POINT/],
      ['bang@1.q', /"bang" is none of nan-at-point/],
      ['nan-at-point@1.nose', /"nose" is none of attn_norm/],
      ['nan-at-point@1.q:index=x', /"index=x" is not one of/]
    ] as const)
      expect(await greta('divergence', '--fault', fault)).toMatchObject({ code: 2, err: expect.stringMatching(sentence) })
    expect(await greta('health', '--fault', 'nan-at-point@99.q')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/layer 99; .* 8 layers/)
    })
    expect(await greta('fault-lab', '--tokens', '3')).toMatchObject({ code: 2, err: expect.stringMatching(/at least 4 tokens/) })
    expect(await greta('divergence', '--repro', scratch)).toMatchObject({ code: 2, err: expect.stringMatching(/exists already/) })
    expect(await greta('parity', '--tokens', '0')).toMatchObject({ code: 2 })
    expect(await greta('parity', '--prompt', 'a', '--file', 'b')).toMatchObject({ code: 2 })
    expect(await greta('lens', '--prompt', 'a', '--position', '99')).toMatchObject({ code: 2 })
  })

  it('kpi prints every figure with its result', async () => {
    const { code, out } = await greta('kpi', '--pp', '16', '--tg', '4', '--repetitions', '2')
    expect(out).toMatch(/\| dequantisation of Q4_K \| exact \| bit-equal \| pass \|/)
    expect(out).toMatch(/\| KV cache fidelity \| bit-perfect \| bit-perfect \| pass \|/)
    expect(out).toMatch(/\| everything on hip \| .* \| not run \|/)
    expect(code).toBe(0)
  })

  it('the guardrail script says EQUAL', () => {
    const out = execFileSync(process.execPath, [join(repository, 'scripts/guardrail-b3.67.mjs')], { encoding: 'utf8' })
    expect(out).toMatch(/VERDICT=EQUAL/)
  })
})
