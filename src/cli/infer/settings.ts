import { randomInt } from 'node:crypto'
import { DEFAULT_SAMPLING, type SamplingSettings } from '../../shared/model/sampling'
import { type Options, type Parsed, parseWords, usage } from '../arguments'
import { LOAD_OPTIONS } from '../load-settings'

export const INFER_OPTIONS = {
  ...LOAD_OPTIONS,
  prompt: { kind: 'text', value: 'TEXT', help: 'prompt (default: "Once upon a time")' },
  'prompt-ids': { kind: 'ids', value: '1,2,3', help: 'the prompt as token ids, taken as they are' },
  'max-tokens': { kind: 'integer', value: 'N', least: 0, most: 2147483647, help: 'most tokens to generate (default 128)' },
  greedy: { kind: 'flag', help: 'always the highest logit, ties to the lowest id' },
  temperature: { kind: 'number', value: 'T', least: 0, most: 100, help: 'divides the logits; 0 is greedy (default 1.0)' },
  'top-k': { kind: 'integer', value: 'K', least: 0, most: 2147483647, help: 'keep the K highest logits; 0 keeps all (default 50)' },
  'top-p': {
    kind: 'number',
    value: 'P',
    least: 0,
    most: 1,
    aboveLeast: true,
    help: 'keep the most probable tokens up to this mass (default 1)'
  },
  'min-p': { kind: 'number', value: 'P', least: 0, most: 1, help: 'drop tokens below this share of the best one (default 0)' },
  'typical-p': { kind: 'number', value: 'P', least: 0, most: 1, aboveLeast: true, help: 'locally typical sampling (default 1: off)' },
  'repeat-penalty': {
    kind: 'number',
    value: 'R',
    least: 0,
    most: 100,
    aboveLeast: true,
    help: 'makes recent tokens less likely (default 1: off)'
  },
  'frequency-penalty': { kind: 'number', value: 'F', least: -100, most: 100, help: 'subtracted for each recent occurrence (default 0)' },
  'presence-penalty': { kind: 'number', value: 'F', least: -100, most: 100, help: 'subtracted once from recent tokens (default 0)' },
  seed: { kind: 'seed', value: 'N', help: 'seed of the sampler (default: a random one, printed)', environment: 'GRETA_SEED' },
  stop: { kind: 'text', value: 'TEXT', repeated: true, help: 'end before this text; may be given several times' },
  'kv-aligned': { kind: 'choice', choices: ['0', '1'], help: 'prefill and decode bit-equal', environment: 'GRETA_KV_ALIGNED' },
  mode: { kind: 'choice', choices: ['prefill', 'decode'], help: 'evaluate the prompt in one batch, or token by token' },
  'prompt-chunk': { kind: 'integer', value: 'N', least: 1, most: 8192, help: 'prompt tokens evaluated at once (default 512)' },
  'dump-logits': { kind: 'text', value: 'DIR', help: 'write metadata.json and logits.jsonl.gz there' },
  speculate: { kind: 'flag', help: 'prompt-lookup speculation: the same greedy text, sometimes sooner' },
  stats: { kind: 'flag', help: 'statistics of every trace point and times of every block' },
  json: { kind: 'flag', help: 'one JSON object on stdout and nothing else' }
} as const satisfies Options

export type InferOptions = Parsed<typeof INFER_OPTIONS>

/** Everything about a run that is decided before a model is opened. */
export interface InferSettings {
  readonly options: InferOptions
  readonly prompt: string
  readonly promptIds: readonly number[] | undefined
  readonly maxTokens: number
  readonly greedy: boolean
  readonly sampling: SamplingSettings
  readonly seedIsRandom: boolean
  readonly kvAligned: boolean
  readonly mode: 'prefill' | 'decode' | undefined
}

/** undefined when help was asked for. */
export function inferSettings(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>
): InferSettings | undefined {
  const { options, help } = parseWords(INFER_OPTIONS, words, { environment })
  if (help) return undefined
  if (options.prompt !== undefined && options['prompt-ids'] !== undefined) throw usage('Give --prompt or --prompt-ids, not both.')
  if (options.mode !== undefined && options['prompt-chunk'] !== undefined)
    throw usage('--mode decides how the prompt is cut: leave out --prompt-chunk.')
  if (options['dump-logits'] !== undefined && options['max-tokens'] === 0)
    throw usage('--dump-logits needs at least one token: --max-tokens is 0.')
  const greedy = options.greedy === true || options.temperature === 0
  if (options.speculate === true && !greedy) throw usage('--speculate is exact only with --greedy: add it.')
  const seedIsRandom = options.seed === undefined && !greedy
  const seed = options.seed ?? (seedIsRandom ? BigInt(randomInt(2 ** 32)) : 0n)
  return {
    options,
    prompt: options.prompt ?? 'Once upon a time',
    promptIds: options['prompt-ids'],
    maxTokens: options['max-tokens'] ?? 128,
    greedy,
    sampling: {
      ...DEFAULT_SAMPLING,
      temperature: greedy ? 0 : (options.temperature ?? 1),
      topK: options['top-k'] ?? 50,
      topP: options['top-p'] ?? 1,
      minP: options['min-p'] ?? 0,
      typicalP: options['typical-p'] ?? 1,
      repeatPenalty: options['repeat-penalty'] ?? 1,
      frequencyPenalty: options['frequency-penalty'] ?? 0,
      presencePenalty: options['presence-penalty'] ?? 0,
      seed
    },
    seedIsRandom,
    kvAligned: options['kv-aligned'] === '1',
    mode: options.mode
  }
}
