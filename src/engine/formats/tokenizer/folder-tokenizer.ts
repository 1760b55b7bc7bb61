import { join } from 'node:path'
import { GretaError } from '../../../shared/errors'
import { TOKEN_TYPE, type TokenizerSpec } from '../../../shared/model/description'
import { isJsonObject, type JsonObject, readJsonFile, readWholeFile } from '../json'
import { LIMITS } from '../limits'
import { addedTokensOfConfig, addedTokensOfFile, VocabularyBuilder } from './added-tokens'
import { endOfGenerationIds } from './end-of-generation'
import { parseSentencePieceModel } from './sentencepiece-model'
import { parseTokenizerJson } from './tokenizer-json'

/** The JSON files of a model folder that say something about tokens; undefined where a file is absent. */
export interface TokenizerFolder {
  readonly folder: string
  readonly fileNames: readonly string[]
  readonly config: JsonObject | undefined
  readonly generationConfig: JsonObject | undefined
  readonly tokenizerConfig: JsonObject | undefined
  /** added_tokens.json of older folders: text to id. */
  readonly addedTokens?: JsonObject | undefined
}

/**
 * The tokenizer of a Hugging Face folder: tokenizer.model when it is a SentencePiece model (the trained vocabulary itself),
 * else tokenizer.json. `rows` is the height of the token embedding; undefined when unknown. Undefined without either file.
 */
export function folderTokenizer(source: TokenizerFolder, rows: number | undefined): TokenizerSpec | undefined {
  const hasJson = source.fileNames.includes('tokenizer.json')
  if (source.fileNames.includes('tokenizer.model')) {
    const bytes = readWholeFile(join(source.folder, 'tokenizer.model'), LIMITS.tokenizerFileBytes)
    if (!isTiktoken(bytes)) return fromSentencePiece(source, bytes, rows)
    if (!hasJson) {
      throw new GretaError(
        'unsupported',
        'tokenizer.model is a tiktoken file, and there is no tokenizer.json beside it.',
        'Add tokenizer.json.'
      )
    }
  }
  return hasJson ? fromTokenizerJson(source, rows) : undefined
}

/** Llama 3's original tokenizer.model has that name, but holds lines of "base64 rank". */
const isTiktoken = (bytes: Uint8Array): boolean =>
  /^[A-Za-z0-9+/]+={0,2} \d+\r?\n/u.test(Buffer.from(bytes.subarray(0, 200)).toString('latin1'))

/** Keys of the vocabulary itself (depth 3) are not held against each other: a piece named twice has its last id, as for everybody. */
const TOKENIZER_BOUNDS = { mostDepth: 32, uniqueKeysToDepth: 2 }

function fromSentencePiece(source: TokenizerFolder, bytes: Uint8Array, rows: number | undefined): TokenizerSpec {
  const name = 'tokenizer.model'
  const model = parseSentencePieceModel(name, bytes)
  const vocabulary = new VocabularyBuilder(name)
  model.pieces.forEach((piece, id) => vocabulary.set(id, piece, model.types[id] as number))
  vocabulary.add(addedTokensOfFile('added_tokens.json', source.addedTokens))
  vocabulary.add(addedTokensOfConfig('tokenizer_config.json', source.tokenizerConfig))
  const { pieces, types } = vocabulary.finish(rows ?? vocabulary.pieces.length)
  const scores = Float32Array.from(pieces, (_, id) => model.scores[id] ?? 0)
  const ids = specialIds(source, pieces, types, { bos: model.bosId, eos: model.eosId, unknown: model.unknownId, pad: model.padId })
  return {
    kind: 'spm',
    pieces,
    types,
    scores,
    ...ids,
    addBos: flag(source.tokenizerConfig, 'add_bos_token') ?? true,
    addEos: flag(source.tokenizerConfig, 'add_eos_token') ?? false,
    addSpacePrefix: model.addDummyPrefix
  }
}

function fromTokenizerJson(source: TokenizerFolder, rows: number | undefined): TokenizerSpec {
  const name = 'tokenizer.json'
  const parsed = parseTokenizerJson(name, readJsonFile(join(source.folder, name), LIMITS.tokenizerFileBytes, TOKENIZER_BOUNDS))
  const { pieces, types } = parsed.vocabulary.finish(rows ?? parsed.vocabulary.pieces.length)
  const unknown = parsed.unknownText === undefined ? -1 : pieces.indexOf(parsed.unknownText)
  const first = parsed.firstSpecial === undefined ? -1 : pieces.indexOf(parsed.firstSpecial)
  const ids = specialIds(source, pieces, types, { bos: first, eos: -1, unknown, pad: -1 })
  return {
    kind: parsed.kind,
    pieces,
    types,
    ...(parsed.kind === 'spm' ? { scores: Float32Array.from(pieces, (_, id) => parsed.scores[id] ?? 0) } : { merges: parsed.merges }),
    ...(parsed.preTokenizer === undefined ? {} : { preTokenizer: parsed.preTokenizer }),
    ...ids,
    addBos: parsed.firstSpecial !== undefined || (flag(source.tokenizerConfig, 'add_bos_token') ?? false),
    addEos: parsed.lastSpecial !== undefined || (flag(source.tokenizerConfig, 'add_eos_token') ?? false),
    addSpacePrefix: parsed.addSpacePrefix
  }
}

const flag = (object: JsonObject | undefined, key: string): boolean | undefined =>
  typeof object?.[key] === 'boolean' ? object[key] : undefined

interface SpecialFallbacks {
  readonly bos: number
  readonly eos: number
  readonly unknown: number
  readonly pad: number
}
type SpecialIds = Pick<TokenizerSpec, 'bosId' | 'eosId' | 'unknownId' | 'padId' | 'endOfGenerationIds'>

/**
 * Special ids: the token that tokenizer_config.json names by its text, else the id in generation_config.json or
 * config.json, else what the vocabulary itself says. eos ids beyond the first end a generation too.
 */
function specialIds(source: TokenizerFolder, pieces: readonly string[], types: Int32Array, fallback: SpecialFallbacks): SpecialIds {
  const inRange = (id: unknown): id is number => typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < pieces.length
  const idsIn = (key: string): readonly number[] =>
    [source.generationConfig, source.config].flatMap((file) => {
      const value = file?.[key]
      return (Array.isArray(value) ? value : [value]).filter(inRange)
    })
  const byText = (key: string): number | undefined => {
    const entry = source.tokenizerConfig?.[key]
    const text = isJsonObject(entry) ? entry['content'] : entry
    const id = typeof text === 'string' ? pieces.indexOf(text) : -1
    return id >= 0 ? id : undefined
  }
  const choose = (name: 'bos' | 'eos' | 'pad', last: number): number | undefined =>
    byText(`${name}_token`) ?? idsIn(`${name}_token_id`)[0] ?? (inRange(last) ? last : undefined)
  const bosId = choose('bos', fallback.bos)
  const eosId = choose('eos', fallback.eos)
  const padId = choose('pad', fallback.pad)
  const unknownId =
    types.indexOf(TOKEN_TYPE.unknown) >= 0 ? types.indexOf(TOKEN_TYPE.unknown) : inRange(fallback.unknown) ? fallback.unknown : undefined
  return {
    ...(bosId === undefined ? {} : { bosId }),
    ...(eosId === undefined ? {} : { eosId }),
    ...(unknownId === undefined ? {} : { unknownId }),
    ...(padId === undefined ? {} : { padId }),
    endOfGenerationIds: endOfGenerationIds(pieces, types, eosId, idsIn('eos_token_id'))
  }
}
