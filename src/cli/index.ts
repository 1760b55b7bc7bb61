// The command line: `greta VERB ...` and `greta_infer ...`. bin/ starts main() of the built file.
import { setAppRoot } from '../engine/native/load-addon'
import { processSurroundings } from './process-surroundings'
import { asGretaError, EXIT, reportError, type Surroundings, type Verb } from './program'
import { VERBS } from './verbs'

export interface Launch {
  readonly program: string
  readonly words: readonly string[]
  readonly appRoot: string
}

export async function main({ program, words, appRoot }: Launch): Promise<number> {
  setAppRoot(appRoot)
  const surroundings = processSurroundings(program, appRoot)
  return surroundings.exitCode(await runProgram({ program, words }, surroundings))
}

async function runProgram({ program, words }: Pick<Launch, 'program' | 'words'>, surroundings: Surroundings): Promise<number> {
  if (program === 'greta_infer') return runVerb((await import('./infer/infer')).infer, words, surroundings)
  const [name, ...rest] = words
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    surroundings.out(overview())
    return name === undefined ? EXIT.usage : EXIT.ok
  }
  const entry = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined
  if (entry === undefined) {
    surroundings.err(`greta: unknown verb "${name}". Verbs: ${Object.keys(VERBS).join(', ')}.\n`)
    return EXIT.usage
  }
  return runVerb(await entry.load(), rest, { ...surroundings, program: `greta ${name}` })
}

async function runVerb(verb: Verb, words: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    return await verb.run(words, surroundings)
  } catch (thrown) {
    return reportError(asGretaError(thrown), words, surroundings)
  }
}

function overview(): string {
  const width = Math.max(...Object.keys(VERBS).map((name) => name.length)) + 2
  const lines = Object.entries(VERBS).map(([name, { summary }]) => `  ${name.padEnd(width)}${summary}`)
  return `GRETA CORE: an LLM inference engine you can look into.\n\nusage: greta VERB [options]     (greta VERB --help says more)\n\n${lines.join('\n')}\n\nText from a prompt: greta_infer --prompt "Once upon a time"\n`
}
