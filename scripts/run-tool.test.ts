import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openModel } from '../src/engine/formats/open-model'

const folder = mkdtempSync(join(tmpdir(), 'greta-tools-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (...words: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'run-tool.mjs'), ...words], {
    encoding: 'utf8'
  })
  return { status, stdout, stderr }
}

describe('write-model', () => {
  it('writes a model that opens, and does not replace it unasked', async () => {
    const path = join(folder, 'model.gguf')
    const words = ['write-model', '--out', path, '--architecture', 'qwen3', '--layers', '1', '--mix', 'every-type', '--seed', '4', '--json']
    const first = run(...words)
    expect(first.stderr).toBe('')
    expect(JSON.parse(first.stdout)).toMatchObject({ path, mix: 'every-type', seed: 4 })
    expect((await openModel(path)).runnable?.config).toMatchObject({ architecture: 'qwen3', layerCount: 1 })
    expect(run(...words)).toMatchObject({ status: 2, stderr: expect.stringContaining('exists already') as string })
    expect(run(...words, '--force').status).toBe(0)
    expect(readdirSync(folder)).toEqual(['model.gguf'])
  })

  it.each([
    [['--preset', 'gpt-5'], 'There is no preset "gpt-5"'],
    [['--mix', 'q9'], 'There is no quant mix "q9"'],
    [['--layers', '-1'], '--layers'],
    [['--seed', 'x'], '--seed is "x"'],
    [['--vocabulary', '5'], 'A vocabulary of 5 pieces is too small'],
    [['--head-dim', '3'], 'must be even'],
    [['--nonsense'], '--nonsense'],
    [[], '--out is missing']
  ])('refuses %j', (words, message) => {
    const out = words.length === 0 ? [] : ['--out', join(folder, 'refused.gguf')]
    const outcome = run('write-model', ...out, ...words)
    expect(outcome).toMatchObject({ status: 2, stderr: expect.stringContaining(message) as string })
    expect(existsSync(join(folder, 'refused.gguf'))).toBe(false)
  })
})

describe('fuzz-loaders', () => {
  it('runs one case again', () => {
    const outcome = run('fuzz-loaders', '--seed', '3', '--case', '22218', '--json')
    expect(outcome.status).toBe(0)
    expect(JSON.parse(outcome.stdout)).toMatchObject({ seed: 3, cases: 1, findings: [] })
  })
})
