import { GretaError } from '../../shared/errors'
import { decimalsInThreesWithinNumbers, numbersInThrees, wordEndingDecimalsInThrees } from './digit-groups'
import type { SplitStep } from './split-text'

/** How byte-level BPE cuts a text into words before it merges. */
export interface PreTokenizer {
  readonly steps: readonly SplitStep[]
  /** A word that is a piece of the vocabulary is that piece, whatever the merges would make of it ("ignore_merges"). */
  readonly wholeWordsFirst: boolean
}

/**
 * The regular expressions are those of the models' tokenizer.json files, as llama.cpp (src/llama-vocab.cpp) names and adapts them, rewritten
 * for JavaScript: `(?i:…)` is spelled out and possessive quantifiers are plain ones (they change no match here). `\s` and `\S` stand for
 * Unicode White_Space, which JavaScript's own \s is not (it has U+FEFF and lacks U+0085).
 */
function pattern(source: string): RegExp {
  return new RegExp(source.replaceAll('\\s', '\\p{White_Space}').replaceAll('\\S', '\\P{White_Space}'), 'gu')
}

const ENGLISH_ENDINGS = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
const UPPER = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]'
const LOWER = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]'
const SPACES = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+'
const SYMBOLS = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*'
const WORD = '[^\\r\\n\\p{L}\\p{N}]?\\p{L}+'

const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"
const LLAMA3 = `${ENGLISH_ENDINGS}|${WORD}|\\p{N}{1,3}|${SYMBOLS}|${SPACES}`
const QWEN2 = `${ENGLISH_ENDINGS}|${WORD}|\\p{N}|${SYMBOLS}|${SPACES}`
const ASCII_PUNCTUATION = '[!"#$%&\'()*+,\\-.\\/:;<=>?@\\[\\\\\\]^_`{|}~]'
const DEEPSEEK3_WORDS = `${ASCII_PUNCTUATION}[A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|${SPACES}`
const CJK_AND_KANA = '[\\u4e00-\\u9fa5\\u3040-\\u309f\\u30a0-\\u30ff]+'
const CJK_AND_HANGUL = '[\\u4e00-\\u9fa5\\u0800-\\u4e00\\uac00-\\ud7ff]+'
/** A word that may change case once inside ("camelCase" is two), with what may follow it. */
const casedWord = (ending: string): string =>
  `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+${ending}|[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*${ending}`
const CASED_TAIL = ` ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${SPACES}`
const GPT4O = `${casedWord(`${ENGLISH_ENDINGS}?`)}|\\p{N}{1,3}|${CASED_TAIL}`
const BLOOM = ' ?[^(\\s|.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c)]+'
/** Letters with case, as the DeepSeek LLM files list them. */
const CASED_LETTERS =
  'A-Za-z\\u00b5\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u01ba\\u01bc-\\u01bf\\u01c4-\\u0293\\u0295-\\u02af\\u0370-\\u0373\\u0376\\u0377' +
  '\\u037b-\\u037d\\u037f\\u0386\\u0388-\\u038a\\u038c\\u038e-\\u03a1\\u03a3-\\u03f5\\u03f7-\\u0481\\u048a-\\u052f\\u0531-\\u0556' +
  '\\u10a0-\\u10c5\\u13a0-\\u13f5\\u13f8-\\u13fd\\u1c90-\\u1cba\\u1cbd-\\u1cbf\\u1d00-\\u1d2b\\u1d6b-\\u1d77\\u1d79-\\u1d9a\\u1e00-\\u1f15' +
  '\\u1f18-\\u1f1d\\u1f20-\\u1f45\\u1f48-\\u1f4d\\u1f50-\\u1f57\\u1f59\\u1f5b\\u1f5d\\u1f5f-\\u1f7d\\u1f80-\\u1fb4\\u1fb6-\\u1fbc\\u1fbe' +
  '\\u1fc2-\\u1fc4\\u1fc6-\\u1fcc\\u1fd0-\\u1fd3\\u1fd6-\\u1fdb\\u1fe0-\\u1fec\\u1ff2-\\u1ff4\\u1ff6-\\u1ffc\\u2102\\u2107\\u210a-\\u2113' +
  '\\u2115\\u2119-\\u211d\\u2124\\u2126\\u2128\\u212a-\\u212d\\u212f-\\u2134\\u2139\\u213c-\\u213f\\u2145-\\u2149\\u214e\\u2183\\u2184' +
  '\\u2c00-\\u2c7b\\u2c7e-\\u2ce4\\u2ceb-\\u2cee\\u2cf2\\u2cf3\\ua640-\\ua66d\\ua680-\\ua69b\\ua722-\\ua76f\\ua771-\\ua787\\ua78b-\\ua78e' +
  '\\uab70-\\uabbf\\ufb00-\\ufb06\\ufb13-\\ufb17\\uff21-\\uff3a\\uff41-\\uff5a\\u{10400}-\\u{1044f}\\u{104b0}-\\u{104d3}' +
  '\\u{104d8}-\\u{104fb}\\u{10c80}-\\u{10cb2}\\u{10cc0}-\\u{10cf2}\\u{118a0}-\\u{118df}\\u{1e900}-\\u{1e943}'
/** Asian scripts as the AFMoE files list them. */
const ASIAN_SCRIPTS =
  '[\\u4e00-\\u9fff\\u3400-\\u4dbf\\uf900-\\ufaff\\u3040-\\u309f\\u30a0-\\u30ff\\uff65-\\uff9f\\u2f00-\\u2fdf\\u0e40-\\u0e7f\\u0e80-\\u0eff' +
  '\\u1780-\\u17ff\\u1000-\\u109f\\uaa60-\\uaa7f\\ua9e0-\\ua9ff\\uac00-\\ud7af\\u1100-\\u11ff]+'
const WIDE_SPACES = ['512', '256', '128', '64', '32', '16', '8', '4', '1,2'].map((count) => `\\s{${count}}(?!\\S)`).join('|')

interface Row {
  readonly names: readonly string[]
  readonly steps: readonly (string | SplitStep)[]
  readonly wholeWordsFirst?: true
}

/** One row for every way of cutting, with the names that files give it (tokenizer.ggml.pre). */
const TABLE: readonly Row[] = [
  {
    names: ['default'],
    steps: ['[\\p{P}$+<=>^~|]+', GPT2, '\\p{N}+', '[0-9][0-9][0-9]']
  },
  {
    names: [
      'gpt-2',
      'mpt',
      'olmo',
      'jais',
      'trillion',
      'granite-docling',
      'phi-2',
      'jina-es',
      'jina-de',
      'jina-v2-es',
      'jina-v2-de'
    ].concat(['jina-v1-en', 'jina-v2-code', 'roberta-bpe', 'gigachat', 'a.x-4.0', 'mellum', 'modern-bert', 'exaone4']),
    steps: [GPT2]
  },
  {
    names: ['llama3', 'llama-v3', 'llama-bpe', 'falcon3', 'falcon-h1', 'pixtral', 'midm-2.0', 'lfm2', 'jina-v5-nano'],
    steps: [LLAMA3],
    wholeWordsFirst: true
  },
  { names: ['dbrx', 'smaug-bpe', 'glm4', 'chatglm-bpe'], steps: [LLAMA3] },
  {
    names: ['qwen2', 'stablelm2', 'deepseek-r1-qwen', 'megrez', 'hunyuan', 'kormo', 'f2llmv2', 'solar-open', 'grok-2'],
    steps: [QWEN2]
  },
  {
    names: ['qwen35'],
    steps: [`${ENGLISH_ENDINGS}|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|${SPACES}`]
  },
  {
    names: ['starcoder', 'refact', 'command-r', 'smollm', 'codeshell', 'exaone', 'minerva-7b', 'mellum2'],
    steps: ['\\p{N}', GPT2]
  },
  { names: ['falcon'], steps: ['[\\p{P}$+<=>^~|`]+', GPT2, '[0-9][0-9][0-9]'] },
  {
    names: ['deepseek-llm'],
    steps: [
      '[\\r\\n]',
      `\\s?[${CASED_LETTERS}]+`,
      '\\s?[!-\\/:-~\\uff01-\\uff0f\\uff1a-\\uff5e\\u2018-\\u201f\\u3000-\\u3002]+',
      // Not before a space: spaces inside a text would otherwise be walked to their end from each of them.
      '(?<!\\s)\\s+$',
      CJK_AND_HANGUL,
      '\\p{N}+'
    ]
  },
  { names: ['deepseek-coder'], steps: ['[\\r\\n]', '\\s?\\p{L}+', '\\s?\\p{P}+', CJK_AND_HANGUL, '\\p{N}'] },
  { names: ['deepseek-v3', 'hunyuan-dense', 'joyai-llm', 'hy_v4'], steps: ['\\p{N}{1,3}', CJK_AND_KANA, DEEPSEEK3_WORDS] },
  {
    names: ['youtu'],
    steps: [
      '[\\uac00-\\ud7a3\\u3131-\\u318e]+|[\\uff01\\u2026\\u201c\\u201d\\u2018\\u2019\\u2014\\uff1a\\uff1b\\uff0c\\u3001-\\u303f\\ufe30-\\ufe4f]+' +
        `|[\\u3105-\\u312f]+|${CJK_AND_KANA}`,
      `${casedWord(`${ENGLISH_ENDINGS}?`)}|\\p{N}|${CASED_TAIL}`
    ],
    wholeWordsFirst: true
  },
  { names: ['bloom', 'poro-chat', 'gpt3-finnish'], steps: [BLOOM] },
  { names: ['viking'], steps: [BLOOM, '\\p{N}'] },
  { names: ['tekken'], steps: [`${casedWord('')}|\\p{N}|${CASED_TAIL}`], wholeWordsFirst: true },
  { names: ['gpt-4o', 'llama4', 'kanana2', 'talkie', 'minimax-m2'], steps: [GPT4O] },
  { names: ['granite-embed-multi-97m'], steps: [GPT4O], wholeWordsFirst: true },
  { names: ['tiny_aya', 'cohere2moe'], steps: [wordEndingDecimalsInThrees, GPT4O] },
  { names: ['superbpe'], steps: [decimalsInThreesWithinNumbers] },
  {
    names: ['bailingmoe', 'bailingmoe2', 'llada-moe'],
    steps: [`'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|${WORD}|\\p{N}|${SYMBOLS}|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+`]
  },
  { names: ['seed-coder'], steps: [`${ENGLISH_ENDINGS}|${WORD}|\\p{N}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|${SPACES}`] },
  { names: ['ufakzeka'], steps: [`${WORD}|\\p{N}|${SYMBOLS}|${SPACES}`] },
  { names: ['afmoe'], steps: [numbersInThrees, ASIAN_SCRIPTS, DEEPSEEK3_WORDS] },
  { names: ['laguna'], steps: ['[^\\n]+|\\n+', QWEN2] },
  {
    names: ['exaone-moe'],
    steps: [
      `${ENGLISH_ENDINGS}|[^\\r\\n\\p{L}\\p{N}]?(?:\\p{L}\\p{M}*(?: \\p{L}\\p{M}*)*)+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]?|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+`
    ]
  },
  {
    names: ['minicpm5'],
    steps: ['\\p{N}{1,3}', `${ENGLISH_ENDINGS}|${WORD}|\\p{N}+|${SYMBOLS}|${SPACES}`],
    wholeWordsFirst: true
  },
  { names: ['jais-2'], steps: [`${ENGLISH_ENDINGS}|${WORD}|\\p{N}{1,3}|${SYMBOLS}|\\s*[\\r\\n]+|${WIDE_SPACES}|\\s`] },
  {
    names: ['chameleon'],
    steps: ['<sentinel:[0-9]+>', 'IMGIMG[A-I]{1,4}Z', '[\\t\\n]|    |  ', '\\p{N}', '[\\p{P}!-\\/:-@\\[-`{-~]', GPT2]
  }
]

const ROW_OF_NAME: ReadonlyMap<string, Row> = new Map(TABLE.flatMap((row) => row.names.map((name): [string, Row] => [name, row])))
const built = new Map<Row, PreTokenizer>()

/** Every name that a file may give, in alphabetical order. */
export function preTokenizerNames(): string[] {
  return [...ROW_OF_NAME.keys()].toSorted()
}

/** @throws GretaError 'unsupported' for a name that is not in the table */
export function preTokenizerNamed(name: string): PreTokenizer {
  const row = ROW_OF_NAME.get(name)
  if (row === undefined) {
    throw new GretaError(
      'unsupported',
      `The file names the pre-tokenizer "${name}" (tokenizer.ggml.pre), which this program does not know.`,
      `It knows: ${preTokenizerNames().join(', ')}.`
    )
  }
  let preTokenizer = built.get(row)
  if (preTokenizer === undefined) {
    preTokenizer = {
      steps: row.steps.map((step) => (typeof step === 'string' ? pattern(step) : step)),
      wholeWordsFirst: row.wholeWordsFirst === true
    }
    built.set(row, preTokenizer)
  }
  return preTokenizer
}
