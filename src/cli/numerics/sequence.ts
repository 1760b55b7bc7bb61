import type { Tokenizer } from '../../shared/model/tokenizer'
import { type Options, type Parsed, usage } from '../arguments'
import type { Surroundings } from '../program'
import { malformedText, readText } from '../read-text'

/** Options that say which token ids are evaluated. */
export const SEQUENCE_OPTIONS = {
  prompt: { kind: 'text', value: 'TEXT', help: 'text to evaluate (default: the opening of a story)' },
  file: { kind: 'text', value: 'PATH', help: 'file with the text to evaluate, in UTF-8; - for standard input' },
  'prompt-ids': { kind: 'ids', value: '1,2,3', help: 'token ids, taken as they are' },
  tokens: { kind: 'integer', value: 'N', least: 1, most: 1048576, help: 'use the first N tokens; the default text is repeated to reach N' }
} as const satisfies Options

/** Public-domain enough for everybody: it is ours. Every tool starts from it, so that reports compare. */
export const DEFAULT_TEXT =
  'Once upon a time there was a little robot who wanted to fly to the moon. One night, it found a long ladder behind the old house. ' +
  'The robot put the ladder against the sky and climbed up, step by step, until the clouds were below its feet.'

/** Turns the options into ids for a model. Throws GretaError 'usage' for contradictory sequences, and what readText() throws. */
export async function sequenceOf(
  options: Parsed<typeof SEQUENCE_OPTIONS>,
  tokenizer: Tokenizer,
  surroundings: Surroundings
): Promise<readonly number[]> {
  const sources = [options.prompt, options.file, options['prompt-ids']].filter((value) => value !== undefined)
  if (sources.length > 1) throw usage('Give one of --prompt, --file and --prompt-ids.')
  const ids = options['prompt-ids'] ?? tokenizer.encode(await textOf(options, surroundings))
  const usesDefault = sources.length === 0
  const wanted = options.tokens ?? ids.length
  if (wanted <= ids.length) return ids.slice(0, wanted)
  if (!usesDefault) throw usage(`--tokens asks for ${wanted} tokens; the text has ${ids.length}.`)
  const repeated = [...ids]
  const body = ids.slice(1)
  while (repeated.length < wanted) repeated.push(...body)
  return repeated.slice(0, wanted)
}

async function textOf(options: Parsed<typeof SEQUENCE_OPTIONS>, surroundings: Surroundings): Promise<string> {
  if (options.prompt !== undefined) return options.prompt
  if (options.file === undefined) return DEFAULT_TEXT
  return readText(options.file, (name, byte) => surroundings.err(malformedText(name, byte)))
}
