import { GretaError } from '../../shared/errors'
import { TOKEN_TYPE, type TokenizerSpec } from '../../shared/model/description'
import type { EncodeOptions, Tokenizer } from '../../shared/model/tokenizer'
import { ByteBpeEncoder } from './byte-bpe-encoder'
import { SpecialTokenFinder } from './special-tokens'
import { SpmEncoder } from './spm-encoder'
import { createStreamingDecoder } from './streaming-decoder'
import { utf8Text, wellFormed } from './utf8'
import { Vocabulary } from './vocabulary'

const SPACE = 0x20
/** Ranks of merges must fit beside a position in one double (see merge-heap.ts). */
const MOST_PIECES = 1 << 21

/**
 * The tokenizer of a file.
 * @throws GretaError 'format' when the spec contradicts itself, 'unsupported' for a pre-tokenizer this program does not know
 */
export function createTokenizer(spec: TokenizerSpec): Tokenizer {
  checkSpec(spec)
  const vocabulary = new Vocabulary(spec)
  const encoder = spec.kind === 'spm' ? new SpmEncoder(spec, vocabulary) : new ByteBpeEncoder(spec, vocabulary)
  const alwaysFound = new SpecialTokenFinder()
  const foundOnRequest = new SpecialTokenFinder()
  for (let id = 0; id < vocabulary.size; id++) {
    const type = vocabulary.type(id)
    if (type === TOKEN_TYPE.userDefined) alwaysFound.add(vocabulary.piece(id), id)
    if (type === TOKEN_TYPE.userDefined || type === TOKEN_TYPE.control || type === TOKEN_TYPE.unknown) {
      foundOnRequest.add(vocabulary.piece(id), id)
    }
  }
  const spacePrefix = spec.kind === 'spm' && spec.addSpacePrefix

  const encode = (text: string, options: EncodeOptions = {}): number[] => {
    const addSpecial = options.addSpecial ?? true
    const finder = options.parseSpecial === true ? foundOnRequest : alwaysFound
    const ids: number[] = []
    if (addSpecial && spec.addBos && spec.bosId !== undefined) ids.push(spec.bosId)
    let afterSpecial = true
    for (const part of finder.split(wellFormed(text))) {
      if (typeof part === 'number') {
        ids.push(part)
        afterSpecial = true
      } else {
        encoder.encode(spacePrefix && afterSpecial ? ` ${part}` : part, ids)
        afterSpecial = false
      }
    }
    if (addSpecial && spec.addEos && spec.eosId !== undefined) ids.push(spec.eosId)
    return ids
  }

  const decode = (ids: readonly number[] | Int32Array, options: { readonly special?: boolean } = {}): string => {
    const runs: Uint8Array[] = []
    let length = 0
    // encode() puts its space at the start of a text and after every special token; the same places lose it here.
    let afterSpecial = true
    for (const id of ids) {
      let bytes = vocabulary.bytes(id, options.special === true)
      const type = vocabulary.type(id)
      const isSpecial = type === TOKEN_TYPE.control || type === TOKEN_TYPE.userDefined
      if (spacePrefix && afterSpecial && !isSpecial && bytes[0] === SPACE) bytes = bytes.subarray(1)
      afterSpecial = isSpecial
      runs.push(bytes)
      length += bytes.length
    }
    const all = new Uint8Array(length)
    let at = 0
    for (const run of runs) {
      all.set(run, at)
      at += run.length
    }
    return utf8Text(all)
  }

  return {
    vocabularySize: vocabulary.size,
    bosId: spec.bosId,
    eosId: spec.eosId,
    encode,
    decode,
    tokenBytes: (id, special = false) => vocabulary.bytes(id, special).slice(),
    tokenText: (id) => vocabulary.displayText(id),
    isControl: (id) => vocabulary.type(id) === TOKEN_TYPE.control,
    endsGeneration: (id) => vocabulary.endsGeneration(id),
    createStreamingDecoder: (options = {}) => createStreamingDecoder((id) => vocabulary.bytes(id, options.special === true))
  }
}

function checkSpec(spec: TokenizerSpec): void {
  const size = spec.pieces.length
  if (size === 0 || size > MOST_PIECES) {
    throw new GretaError('format', `A vocabulary has 1 to ${MOST_PIECES} pieces; this one has ${size}.`)
  }
  if (spec.types.length !== size) {
    throw new GretaError('format', `A vocabulary needs one type a piece: expected ${size} token types, found ${spec.types.length}.`)
  }
  if ((spec.merges?.length ?? 0) > MOST_PIECES) {
    throw new GretaError('format', `A vocabulary has at most ${MOST_PIECES} merges; this one has ${spec.merges?.length}.`)
  }
  const named: readonly [string, number | undefined][] = [
    ['BOS', spec.bosId],
    ['EOS', spec.eosId],
    ['unknown token', spec.unknownId],
    ['padding token', spec.padId],
    ...spec.endOfGenerationIds.map((id): [string, number] => ['end of generation', id])
  ]
  for (const [name, id] of named) {
    if (id !== undefined && !(Number.isInteger(id) && id >= 0 && id < size)) {
      throw new GretaError('format', `The ${name} id of this vocabulary is ${id}, but its ids are 0 to ${size - 1}.`)
    }
  }
}
