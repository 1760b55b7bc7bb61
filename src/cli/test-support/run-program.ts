import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

export const repository = join(import.meta.dirname, '../../..')

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs a program of bin/ as a stranger does; `onOut` sees its output so far. */
export function runProgram(
  program: 'greta' | 'greta_infer',
  words: readonly string[],
  options: {
    readonly environment?: Readonly<Record<string, string>>
    readonly folder?: string
    readonly path?: string
    readonly onOut?: (out: string, child: ChildProcess) => void
  } = {}
): Promise<Ended> {
  const child = spawn(process.execPath, [options.path ?? join(repository, 'bin', program), ...words], {
    cwd: options.folder ?? repository,
    env: { ...process.env, GRETA_SEED: '', GRETA_KV_ALIGNED: '', ...options.environment }
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (data: Buffer) => {
    out += data.toString('utf8')
    options.onOut?.(out, child)
  })
  child.stderr.on('data', (data: Buffer) => {
    err += data.toString('utf8')
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out, err }))
  })
}
