import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GretaError } from '../shared/errors'
import type { Surroundings } from './program'
import { tokenize } from './tokenize'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'greta-tokenize-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function run(...words: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = ''
  let err = ''
  const surroundings: Surroundings = {
    program: 'greta tokenize',
    appRoot: resolve(import.meta.dirname, '../..'),
    environment: {},
    out: (text) => (out += text),
    err: (text) => (err += text),
    outIsTerminal: false,
    errIsTerminal: false,
    onInterrupt: () => () => undefined
  }
  const code = await tokenize.run(words, surroundings)
  return { code, out, err }
}

async function failure(...words: string[]): Promise<GretaError> {
  const thrown: unknown = await run(...words).catch((error: unknown) => error)
  if (thrown instanceof GretaError) return thrown
  throw new Error('it did not fail')
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

describe('greta tokenize', () => {
  it('gives ids and pieces', async () => {
    const { code, out, err } = await run('--text', 'Once upon a time', '--json')
    expect(code).toBe(0)
    expect(err).toBe('')
    expect(JSON.parse(out)).toEqual({ ids: [1, 570, 516, 261, 446], pieces: ['<s>', ' Once', ' upon', ' a', ' time'] })
  })

  it('shows them to people', async () => {
    expect((await run('--text', 'Once\n', '--no-bos')).out).toBe('570  " Once"\n 13  "\\n"\n2 tokens\n')
    expect((await run('--text', '', '--no-bos')).out).toBe('0 tokens\n')
  })

  it('leaves BOS out, and reads special tokens, on request', async () => {
    expect(JSON.parse((await run('--text', '</s>', '--no-bos', '--json')).out).ids).not.toContain(2)
    expect(JSON.parse((await run('--text', '</s>', '--no-bos', '--parse-special', '--json')).out).ids).toEqual([2])
  })

  it('reads a file as it is', async () => {
    const path = file('text.txt', 'Once upon a time')
    expect(JSON.parse((await run('--file', path, '--json')).out).ids).toEqual([1, 570, 516, 261, 446])
    expect(JSON.parse((await run('--file', file('empty.txt', ''), '--json')).out).ids).toEqual([1])
  })

  it('says where a file is not UTF-8 and reads on', async () => {
    const path = file('bad.txt', Uint8Array.of(0x4f, 0xc3, 0xa9, 0xff, 0x6e, 0xe2, 0x82))
    const { code, out, err } = await run('--file', path, '--json')
    expect(code).toBe(0)
    expect(err).toBe(`${path} is not UTF-8 at byte 3: its malformed parts are read as U+FFFD.\n`)
    expect(JSON.parse(out).ids).toEqual(JSON.parse((await run('--text', 'Oé\uFFFDn\uFFFD', '--json')).out).ids)
    expect((await run('--file', file('cut.txt', Uint8Array.of(0x4f, 0xe2, 0x82)))).err).toContain('at byte ')
  })

  it('refuses what it cannot do', async () => {
    expect((await failure()).code).toBe('usage')
    expect((await failure('--text', 'a', '--file', 'b')).message).toContain('both are given')
    expect((await failure('--file', join(folder, 'none'))).message).toBe(`There is no file ${join(folder, 'none')}.`)
    expect((await failure('--file', folder)).message).toContain('it is a folder')
    expect((await failure('--text', 'a', '--model', join(folder, 'none.gguf'))).code).toBe('not-found')
    expect((await failure('--txt', 'a')).message).toContain('Did you mean --text?')
  })

  it('explains itself', async () => {
    const { code, out } = await run('--help')
    expect(code).toBe(0)
    for (const option of ['--model', '--text', '--file', '--no-bos', '--parse-special', '--json']) expect(out).toContain(option)
  })
})
