// What a command line meets: interrupts, readers that leave, full disks, endless files.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { patchedModel } from '../engine/session/test-support/patched-model'
import { repository, runProgram } from './test-support/run-program'
import { VERBS } from './verbs'

const scratch = mkdtempSync(join(tmpdir(), 'greta-robust-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

interface ErrorJson {
  readonly error: { readonly code: string; readonly message: string }
}

describe('errors as data', () => {
  it.each(Object.keys(VERBS))('greta %s --json says on stdout what went wrong', async (verb) => {
    const wrong = await runProgram('greta', [verb, '--json', '--nonsense'])
    expect(wrong.code).toBe(2)
    expect((JSON.parse(wrong.out) as ErrorJson).error).toEqual({ code: 'usage', message: 'Unknown option "--nonsense".' })
    expect(wrong.err).toContain(`Try: greta ${verb} --help`)
  })

  it('a file that is not there is not-found, with exit code 1', async () => {
    const { code, out } = await runProgram('greta', ['health', '--model', '/nowhere/model.gguf', '--json'])
    expect(code).toBe(1)
    expect((JSON.parse(out) as ErrorJson).error.code).toBe('not-found')
  })

  it('a generation that fails on its way is one object: the report, with the error in it', async () => {
    const model = await patchedModel(scratch, 'output_norm.weight', (bytes) => bytes.writeFloatLE(Number.NaN))
    const { code, out, err } = await runProgram('greta_infer', ['--model', model, '--max-tokens', '3', '--json'])
    expect(code).toBe(1)
    const report = JSON.parse(out) as ErrorJson & { readonly finish_reason: string }
    expect(report.finish_reason).toBe('failed')
    expect(report.error.message).toContain('No token can be chosen')
    expect(err).toContain(report.error.message)
  })
})

describe('a run that is ended from outside', () => {
  const words = (folder: string): string[] => ['--max-tokens', '400', '--dump-logits', folder]

  it('Ctrl-C as soon as the dump is begun leaves no folder', async () => {
    const folder = join(scratch, 'interrupted/dump')
    const { out } = await runProgram('greta_infer', words(folder), {
      onOut: (text, child) => {
        if (text.includes('Dump logits:')) child.kill('SIGINT')
      }
    })
    expect(out).not.toContain('STATUS=OK')
    expect(existsSync(join(scratch, 'interrupted'))).toBe(false)
  })

  it('a reader that goes away ends it without a word, and leaves no folder', async () => {
    const folder = join(scratch, 'unread')
    const { code, err } = await runProgram('greta_infer', words(folder), { onOut: (_, child) => child.stdout?.destroy() })
    expect(err).toBe('')
    expect(code).toBe(0)
    expect(existsSync(folder)).toBe(false)
  })

  const toFullDisk = (...command: string[]): Promise<{ readonly code: number; readonly err: string }> =>
    new Promise((resolve) => {
      const quoted = [process.execPath, join(repository, 'bin/greta'), ...command].map((word) => `'${word}'`).join(' ')
      execFile('sh', ['-c', `${quoted} > /dev/full`], (error, _, err) => resolve({ code: Number(error?.code ?? 0), err }))
    })
  it.runIf(existsSync('/dev/full'))('a full disk behind stdout is an error in one sentence', async () => {
    const full = { code: 1, err: 'greta: Standard output cannot be written: the disk is full.\n' }
    expect(await toFullDisk('inspect', '--json')).toEqual(full)
    expect(await toFullDisk('infer', ...words(join(scratch, 'full')))).toEqual(full)
    expect(existsSync(join(scratch, 'full'))).toBe(false)
  })
})

describe('texts from files', () => {
  it.runIf(existsSync('/dev/zero'))('a file without an end is refused', async () => {
    const { code, err } = await runProgram('greta', ['tokenize', '--file', '/dev/zero'])
    expect(code).toBe(1)
    expect(err).toContain('/dev/zero has more than 64 MiB')
  })

  it('the numeric tools say the same as greta tokenize about a file that is not there', async () => {
    const [lens, tokenize] = await Promise.all(
      ['lens', 'tokenize'].map((verb) => runProgram('greta', [verb, '--file', '/nowhere/text', '--json']))
    )
    expect(lens?.code).toBe(1)
    expect(lens?.out).toBe(tokenize?.out)
  })
})
