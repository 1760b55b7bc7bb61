import { GretaError } from '../../../shared/errors'
import { TOKEN_TYPE, type TokenizerSpec } from '../../../shared/model/description'
import { LIMITS } from '../limits'
import { describeValue, type MetadataReader } from '../metadata-reader'
import { endOfGenerationIds } from '../tokenizer/end-of-generation'

const NO_ID = [-1, 0xffff_ffff]

/** Byte-level vocabularies whose models expect a BOS although older files do not say so. */
const BOS_BY_PRE_TOKENIZER: ReadonlySet<string> = new Set(['llama3', 'llama-v3', 'llama-bpe', 'falcon3', 'pixtral', 'tekken'])

/** The vocabulary in GGUF metadata; undefined when there is none or it is of a kind this engine has no tokenizer for. */
export function ggufTokenizer(reader: MetadataReader): TokenizerSpec | undefined {
  const model = reader.optionalText('tokenizer.ggml.model')
  if (model !== 'llama' && model !== 'gpt2') return undefined
  const pieces = reader.optionalTexts('tokenizer.ggml.tokens')
  if (pieces === undefined || pieces.length === 0) throw reader.fail('tokenizer.ggml.tokens', 'at least one piece')
  const types = readTypes(reader, pieces.length)
  return model === 'llama' ? sentencePieceSpec(reader, pieces, types) : byteLevelSpec(reader, pieces, types)
}

/** Why ggufTokenizer gave nothing. */
export function ggufTokenizerProblem(reader: MetadataReader): string {
  const model = reader.values.get('tokenizer.ggml.model')
  if (model === undefined) return `${reader.sourceName} holds no tokenizer.`
  return `${reader.sourceName} has a tokenizer of kind ${describeValue(model)}; this engine knows llama (SentencePiece) and gpt2 (byte-level BPE).`
}

function sentencePieceSpec(reader: MetadataReader, pieces: readonly string[], types: Int32Array): TokenizerSpec {
  const scores = reader.optionalNumbers('tokenizer.ggml.scores')
  if (scores === undefined || scores.length !== pieces.length) {
    throw reader.fail('tokenizer.ggml.scores', `one score for each of the ${pieces.length} pieces`)
  }
  const values = Float32Array.from(scores)
  if (values.some((score) => Number.isNaN(score))) throw reader.fail('tokenizer.ggml.scores', 'scores that are numbers, not NaN')
  return {
    kind: 'spm',
    pieces,
    types,
    scores: values,
    ...specialIds(reader, pieces, types, { bos: 1, eos: 2, unknown: 0 }),
    addBos: reader.optionalFlag('tokenizer.ggml.add_bos_token') ?? true,
    addEos: reader.optionalFlag('tokenizer.ggml.add_eos_token') ?? false,
    addSpacePrefix: reader.optionalFlag('tokenizer.ggml.add_space_prefix') ?? true
  }
}

function byteLevelSpec(reader: MetadataReader, pieces: readonly string[], types: Int32Array): TokenizerSpec {
  const merges = reader.optionalTexts('tokenizer.ggml.merges')
  if (merges === undefined) throw reader.fail('tokenizer.ggml.merges', 'the merges of a byte-level vocabulary')
  const malformed = merges.findIndex((merge) => merge.indexOf(' ', 1) <= 0)
  if (malformed >= 0) {
    throw new GretaError(
      'format',
      `${reader.sourceName}: entry ${malformed} of tokenizer.ggml.merges is ${describeValue(merges[malformed])}; expected two pieces with a space between.`
    )
  }
  const preTokenizer = reader.optionalText('tokenizer.ggml.pre') ?? 'default'
  return {
    kind: 'bpe',
    pieces,
    types,
    merges,
    preTokenizer,
    ...specialIds(reader, pieces, types, {}),
    addBos: reader.optionalFlag('tokenizer.ggml.add_bos_token') ?? BOS_BY_PRE_TOKENIZER.has(preTokenizer),
    addEos: reader.optionalFlag('tokenizer.ggml.add_eos_token') ?? false,
    addSpacePrefix: false
  }
}

function readTypes(reader: MetadataReader, pieceCount: number): Int32Array {
  const key = 'tokenizer.ggml.token_type'
  const values = reader.optionalNumbers(key)
  if (values === undefined) return new Int32Array(pieceCount).fill(TOKEN_TYPE.normal)
  if (values.length !== pieceCount) throw reader.fail(key, `one type for each of the ${pieceCount} pieces`)
  const types = new Int32Array(pieceCount)
  for (let id = 0; id < pieceCount; id += 1) {
    const type = values[id] as number
    // 0 is "undefined" in GGUF; some converters leave it where they mean an ordinary piece.
    if (!Number.isInteger(type) || type < 0 || type > TOKEN_TYPE.byte) {
      throw new GretaError('format', `${reader.sourceName}: ${key} holds a type of ${type}; expected 1 to 6.`)
    }
    types[id] = type === 0 ? TOKEN_TYPE.normal : type
  }
  return types
}

type SpecialDefaults = Readonly<Partial<Record<'bos' | 'eos' | 'unknown', number>>>
type SpecialIds = Pick<TokenizerSpec, 'bosId' | 'eosId' | 'unknownId' | 'padId' | 'endOfGenerationIds'>

function specialIds(reader: MetadataReader, pieces: readonly string[], types: Int32Array, defaults: SpecialDefaults): SpecialIds {
  const id = (name: string, fallback?: number): number | undefined => {
    const key = `tokenizer.ggml.${name}_token_id`
    const value = reader.values.get(key)
    if (value === undefined) return fallback !== undefined && fallback < pieces.length ? fallback : undefined
    if (typeof value === 'number' && NO_ID.includes(value)) return undefined
    return reader.integer(key, { least: 0, most: pieces.length - 1 })
  }
  const bosId = id('bos', defaults.bos)
  const eosId = id('eos', defaults.eos)
  const unknownId = id('unknown', defaults.unknown)
  const padId = id('padding')
  const named = [id('eot'), id('eom')].filter((value) => value !== undefined)
  return {
    ...(bosId === undefined ? {} : { bosId }),
    ...(eosId === undefined ? {} : { eosId }),
    ...(unknownId === undefined ? {} : { unknownId }),
    ...(padId === undefined ? {} : { padId }),
    endOfGenerationIds: endOfGenerationIds(pieces, types, eosId, named)
  }
}

/** The chat template in the metadata, as text that nobody has looked at yet. */
export function ggufChatTemplate(reader: MetadataReader): string | undefined {
  const template = reader.optionalText('tokenizer.chat_template')
  if (template !== undefined && template.length > LIMITS.chatTemplateCharacters) {
    throw reader.fail('tokenizer.chat_template', `at most ${LIMITS.chatTemplateCharacters} characters`)
  }
  return template
}
