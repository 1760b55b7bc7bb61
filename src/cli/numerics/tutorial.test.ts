import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { repository } from '../test-support/run-program'

const scratch = mkdtempSync(join(tmpdir(), 'greta-tutorial-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

interface Shown {
  readonly command: string
  readonly output: string
}

/** The commands of the tutorial's console blocks with what follows each. */
function shownCommands(): Shown[] {
  const text = readFileSync(join(repository, 'docs/tutorial-first-divergence.md'), 'utf8')
  return [...text.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = '', ...lines] = part.split('\n')
        return { command, output: lines.join('\n').trimEnd() }
      })
  )
}

/** A line of only "…" stands for any lines, "…" within a line for anything in it. */
function patternOf(output: string): RegExp {
  const lines = output.split('\n').map((line) =>
    line === '…'
      ? '(?:.*\\n)*?'
      : `${line
          .split('…')
          .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
          .join('.*')}\\n`
  )
  return new RegExp(`^${lines.join('')}$`)
}

const wordsOf = (command: string): string[] => [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')

describe('docs/tutorial-first-divergence.md', () => {
  const shown = shownCommands()
  it('shows commands', () => expect(shown.length).toBeGreaterThanOrEqual(7))
  it.each(shown)('$command', ({ command, output }) => {
    const [program, ...words] = wordsOf(command)
    const script = program === 'greta' ? [join(repository, 'bin/greta')] : []
    const { stdout, stderr } = spawnSync(process.execPath, [...script, ...words], { cwd: scratch, encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(stdout).toMatch(patternOf(output))
  })
})
