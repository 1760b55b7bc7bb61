import { GretaError, toErrorData } from '../shared/errors'

/** What a verb gets from its surroundings. Nothing else of the process is touched below src/cli. */
export interface Surroundings {
  /** The name it was called by: "greta bench", "greta_infer". */
  readonly program: string
  readonly appRoot: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Standard output: results only. */
  out(text: string): void
  /** Standard error: progress, warnings, errors. */
  err(text: string): void
  readonly outIsTerminal: boolean
  readonly errIsTerminal: boolean
  /** Calls back at the first Ctrl-C (the second one ends the process); returns what removes it. */
  onInterrupt(callback: () => void): () => void
}

/** One verb of `greta`, or greta_infer. Returns the exit code; throws GretaError for everything that people should read. */
export interface Verb {
  run(words: readonly string[], surroundings: Surroundings): Promise<number>
}

export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const

export const exitCodeOf = (error: GretaError): number =>
  error.code === 'usage' ? EXIT.usage : error.code === 'cancelled' ? EXIT.interrupted : EXIT.failed

/** What went wrong, for people on stderr and, with --json, as data on stdout. Returns the exit code. */
export function reportError(error: GretaError, words: readonly string[], surroundings: Surroundings): number {
  tellError(error, surroundings)
  if (words.includes('--json')) surroundings.out(`${JSON.stringify({ error: error.toData() })}\n`)
  return exitCodeOf(error)
}

export function tellError(error: GretaError, surroundings: Surroundings): void {
  const { program } = surroundings
  surroundings.err(`${program}: ${error.hint === undefined ? error.message : `${error.message}\n${error.hint}`}\n`)
  if (error.code === 'usage') surroundings.err(`Try: ${program} --help\n`)
}

export function asGretaError(thrown: unknown): GretaError {
  if (thrown instanceof GretaError) return thrown
  const { code, message } = toErrorData(thrown)
  return new GretaError(code, message, code === 'internal' ? 'This is a bug in GRETA; please report it.' : undefined)
}

/** The bundled model, used where no --model is given. */
export const bundledModel = (appRoot: string): string => `${appRoot}/resources/models/greta-stories-22m.Q4_K_M.gguf`
