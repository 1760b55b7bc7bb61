import { GretaError } from '../../../shared/errors'
import { TOKEN_TYPE } from '../../../shared/model/description'
import { isJsonObject, type JsonObject } from '../json'
import { LIMITS } from '../limits'
import { describeValue } from '../metadata-reader'
import { type AddedToken, parseAddedToken, VocabularyBuilder } from './added-tokens'
import { detectPreTokenizer, isByteLevel } from './pre-tokenizer-detection'

/** The part of a TokenizerSpec that a tokenizer.json holds. */
export interface TokenizerJson {
  readonly kind: 'spm' | 'bpe'
  readonly vocabulary: VocabularyBuilder
  /** spm: by id, as long as the vocabulary before padding. */
  readonly scores: readonly number[]
  readonly merges: readonly string[]
  readonly preTokenizer: string | undefined
  readonly unknownText: string | undefined
  readonly addSpacePrefix: boolean
  /** The post-processor puts this text first or last; undefined when it has no template. */
  readonly firstSpecial: string | undefined
  readonly lastSpecial: string | undefined
}

const BYTE_PIECE = /^<0x[0-9A-F]{2}>$/u

/**
 * Parses a Hugging Face tokenizer.json with a BPE model: byte-level (GPT-2, Llama 3, Qwen) or SentencePiece-style with byte
 * fallback (Llama 2, Mistral), whose merge ranks become scores: a piece made by an earlier merge scores higher.
 */
export function parseTokenizerJson(name: string, json: JsonObject): TokenizerJson {
  const model = json['model']
  if (!isJsonObject(model)) throw new GretaError('format', `${name}: model is ${describeValue(model)}; expected an object.`)
  // Files older than the type field have a BPE model when they have merges.
  if ((model['type'] ?? 'BPE') !== 'BPE' || !Array.isArray(model['merges'])) {
    throw new GretaError('unsupported', `${name}: the model is of type ${describeValue(model['type'])}; this engine tokenizes with BPE.`)
  }
  const byteLevel = isByteLevel(json)
  if (!byteLevel && model['byte_fallback'] !== true) {
    throw new GretaError('unsupported', `${name}: a BPE model that is neither byte-level nor has byte fallback.`)
  }
  const unknownText = typeof model['unk_token'] === 'string' ? model['unk_token'] : undefined
  const vocabulary = readVocabulary(name, model, byteLevel ? undefined : unknownText, byteLevel)
  const merges = readMerges(name, model['merges'])
  vocabulary.add(readAddedTokens(name, json['added_tokens']))
  const special = templateEnds(json['post_processor'])
  const common = { vocabulary, unknownText, ...special }
  if (!byteLevel) {
    const scores = scoresOfMerges(vocabulary.pieces, merges)
    return { ...common, kind: 'spm', scores, merges: [], preTokenizer: undefined, addSpacePrefix: addsSpacePrefix(json) }
  }
  const verdict = detectPreTokenizer(json['pre_tokenizer'], model['ignore_merges'] === true)
  if ('unknown' in verdict) {
    throw new GretaError(
      'unsupported',
      `${name}: unknown pre-tokenizer (${verdict.unknown.slice(0, 300)}).`,
      'Use a GGUF file of the model.'
    )
  }
  return { ...common, kind: 'bpe', scores: [], merges, preTokenizer: verdict.name, addSpacePrefix: false }
}

function readVocabulary(name: string, model: JsonObject, unknownText: string | undefined, byteLevel: boolean): VocabularyBuilder {
  const vocab = model['vocab']
  if (!isJsonObject(vocab)) throw new GretaError('format', `${name}: model.vocab is ${describeValue(vocab)}; expected an object.`)
  const builder = new VocabularyBuilder(name)
  for (const piece of Object.keys(vocab)) {
    const id = vocab[piece]
    if (typeof id !== 'number') throw new GretaError('format', `${name}: the id of ${describeValue(piece)} is ${describeValue(id)}.`)
    if (id < builder.pieces.length && builder.pieces[id] !== undefined) {
      throw new GretaError('format', `${name}: ${describeValue(piece)} and ${describeValue(builder.pieces[id])} both have id ${id}.`)
    }
    const isByte = !byteLevel && BYTE_PIECE.test(piece)
    builder.set(id, piece, piece === unknownText ? TOKEN_TYPE.unknown : isByte ? TOKEN_TYPE.byte : TOKEN_TYPE.normal)
  }
  return builder
}

/** Merges are "left right" texts, or [left, right] pairs in files since 2024. */
function readMerges(name: string, values: readonly unknown[]): readonly string[] {
  if (values.length > LIMITS.vocabulary) throw new GretaError('format', `${name}: ${values.length} merges are too many.`)
  return values.map((value, index) => {
    if (typeof value === 'string' && value.indexOf(' ', 1) > 0) return value
    if (
      Array.isArray(value) &&
      value.length === 2 &&
      value.every((side) => typeof side === 'string' && side.length > 0 && !side.includes(' '))
    ) {
      return value.join(' ')
    }
    throw new GretaError('format', `${name}: merge ${index} is ${describeValue(value)}; expected two pieces.`)
  })
}

function readAddedTokens(name: string, value: unknown): readonly AddedToken[] {
  if (!Array.isArray(value)) return []
  return value.map((entry) => parseAddedToken(name, isJsonObject(entry) ? entry['id'] : undefined, isJsonObject(entry) ? entry : {}))
}

/** Score -rank of the first merge that makes a piece; a piece that no merge makes comes after all others. */
function scoresOfMerges(pieces: readonly (string | undefined)[], merges: readonly string[]): readonly number[] {
  const rank = new Map<string, number>()
  merges.forEach((merge, index) => {
    const made = merge.replace(' ', '')
    if (!rank.has(made)) rank.set(made, index)
  })
  return pieces.map((piece) => -(rank.get(piece ?? '') ?? merges.length))
}

/** SentencePiece's dummy prefix: a Prepend normalizer, or a Metaspace pre-tokenizer that is not told never to. */
function addsSpacePrefix(json: JsonObject): boolean {
  const flat = (value: unknown, list: string): readonly JsonObject[] => {
    if (!isJsonObject(value)) return []
    const inner = value[list]
    return Array.isArray(inner) ? inner.flatMap((step) => flat(step, list)) : [value]
  }
  if (flat(json['normalizer'], 'normalizers').some((step) => step['type'] === 'Prepend')) return true
  const metaspace = flat(json['pre_tokenizer'], 'pretokenizers').find((step) => step['type'] === 'Metaspace')
  if (metaspace === undefined) return false
  return metaspace['prepend_scheme'] === undefined ? metaspace['add_prefix_space'] !== false : metaspace['prepend_scheme'] !== 'never'
}

/** First and last special token of the post-processor's template for a single text. */
function templateEnds(processor: unknown): Pick<TokenizerJson, 'firstSpecial' | 'lastSpecial'> {
  if (!isJsonObject(processor)) return { firstSpecial: undefined, lastSpecial: undefined }
  const inner = processor['processors']
  if (Array.isArray(inner)) {
    const found = inner.map((step) => templateEnds(step))
    return {
      firstSpecial: found.find((ends) => ends.firstSpecial !== undefined)?.firstSpecial,
      lastSpecial: found.find((ends) => ends.lastSpecial !== undefined)?.lastSpecial
    }
  }
  const single = processor['single']
  if (processor['type'] !== 'TemplateProcessing' || !Array.isArray(single)) return { firstSpecial: undefined, lastSpecial: undefined }
  const text = (step: unknown): string | undefined => {
    const special = isJsonObject(step) ? step['SpecialToken'] : undefined
    return isJsonObject(special) && typeof special['id'] === 'string' ? special['id'] : undefined
  }
  return { firstSpecial: text(single[0]), lastSpecial: text(single.at(-1)) }
}
