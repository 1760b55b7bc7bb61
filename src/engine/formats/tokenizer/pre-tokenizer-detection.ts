import { isJsonObject, type JsonObject } from '../json'

const TAIL = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+'
const ENDINGS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
const CASED =
  '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+#|' +
  '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*#'
const CASED_TAIL = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+'
const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"

/** GGUF names (tokenizer.ggml.pre) of the regular expressions that tokenizer.json files split with. */
const NAME_BY_REGEX: ReadonlyMap<string, string> = new Map([
  [`${ENDINGS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|${TAIL}`, 'llama-bpe'],
  [`${ENDINGS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|${TAIL}`, 'qwen2'],
  [`${ENDINGS}|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`, 'qwen35'],
  [`${CASED.replaceAll('#', `${ENDINGS}?`)}|\\p{N}{1,3}|${CASED_TAIL}`, 'gpt-4o'],
  [`${CASED.replaceAll('#', '')}|\\p{N}|${CASED_TAIL}`, 'tekken'],
  [GPT2, 'gpt-2']
])

/** A step list as text, with what decides how text is split: "Split:REGEX", "Digits", "ByteLevel+regex" … */
function steps(preTokenizer: unknown): readonly string[] {
  if (!isJsonObject(preTokenizer)) return []
  const inner = preTokenizer['pretokenizers']
  if (preTokenizer['type'] === 'Sequence' && Array.isArray(inner)) return inner.flatMap((step) => steps(step))
  return [stepText(preTokenizer)]
}

function stepText(step: JsonObject): string {
  const pattern = isJsonObject(step['pattern']) ? step['pattern']['Regex'] : undefined
  switch (step['type']) {
    case 'Split':
      return `Split:${typeof pattern === 'string' ? pattern : '?'}`
    case 'Digits':
      return step['individual_digits'] === true ? 'Digits' : 'DigitRuns'
    case 'ByteLevel':
      return step['add_prefix_space'] === true ? 'ByteLevel+prefix' : step['use_regex'] === false ? 'ByteLevel' : 'ByteLevel+regex'
    default:
      return String(step['type'])
  }
}

export type PreTokenizerVerdict = { readonly name: string } | { readonly unknown: string }

/** The GGUF name of tokenizer.json's pre-tokenizer, or what of it is unknown. */
export function detectPreTokenizer(preTokenizer: unknown, ignoreMerges: boolean): PreTokenizerVerdict {
  const list = steps(preTokenizer)
  const [first, second] = list
  if (list.length === 1 && first === 'ByteLevel+regex') return { name: 'gpt-2' }
  if (list.length === 2 && first === 'Digits' && second === 'ByteLevel+regex') return { name: 'smollm' }
  if (list.length === 2 && first?.startsWith('Split:') === true && second === 'ByteLevel') {
    const name = NAME_BY_REGEX.get(first.slice('Split:'.length))
    // The same regex with and without "a word that is a piece is that piece" has two names.
    if (name === 'llama-bpe' && !ignoreMerges) return { name: 'dbrx' }
    if (name !== undefined) return { name }
  }
  return { unknown: list.join(' then ') }
}

/** True when a tokenizer.json works on bytes written in GPT-2's alphabet. */
export function isByteLevel(tokenizer: JsonObject): boolean {
  const decoder = tokenizer['decoder']
  if (steps(tokenizer['pre_tokenizer']).some((step) => step.startsWith('ByteLevel'))) return true
  return isJsonObject(decoder) && decoder['type'] === 'ByteLevel'
}
