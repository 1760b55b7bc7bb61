import { GretaError } from '../../../shared/errors'
import { TOKEN_TYPE } from '../../../shared/model/description'
import { LIMITS } from '../limits'
import { protobufFields } from './protobuf'

/** What a SentencePiece tokenizer.model says (sentencepiece_model.proto, field numbers as there). */
export interface SentencePieceModel {
  readonly pieces: readonly string[]
  readonly types: Int32Array
  readonly scores: Float32Array
  readonly bosId: number
  readonly eosId: number
  readonly unknownId: number
  readonly padId: number
  readonly addDummyPrefix: boolean
}

const ModelField = { pieces: 1, trainer: 2, normalizer: 3 }
const PieceField = { text: 1, score: 2, type: 3 }
const TrainerField = { modelType: 3, unknownId: 40, bosId: 41, eosId: 42, padId: 43 }
const NormalizerField = { addDummyPrefix: 3 }
const MODEL_TYPE_NAMES: Readonly<Record<number, string>> = { 1: 'unigram', 2: 'bpe', 3: 'word', 4: 'char' }

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Parses tokenizer.model. `name` is the file for errors. Refuses other models than BPE, which is what llama's are. */
export function parseSentencePieceModel(name: string, bytes: Uint8Array): SentencePieceModel {
  const pieces: string[] = []
  const types: number[] = []
  const scores: number[] = []
  let modelType = 1
  // Defaults of TrainerSpec and NormalizerSpec.
  const ids = { unknownId: 0, bosId: 1, eosId: 2, padId: -1 }
  let addDummyPrefix = true
  for (const field of protobufFields(name, bytes)) {
    if (field.kind !== 'bytes') continue
    if (field.number === ModelField.pieces) {
      if (pieces.length >= LIMITS.vocabulary) throw new GretaError('format', `${name} holds more than ${pieces.length} pieces.`)
      const piece = parsePiece(name, field.value, pieces.length)
      pieces.push(piece.text)
      types.push(piece.type)
      scores.push(piece.score)
    } else if (field.number === ModelField.trainer) {
      for (const inner of protobufFields(name, field.value)) {
        if (inner.kind !== 'varint') continue
        const value = Number(BigInt.asIntN(32, inner.value))
        if (inner.number === TrainerField.modelType) modelType = value
        if (inner.number === TrainerField.unknownId) ids.unknownId = value
        if (inner.number === TrainerField.bosId) ids.bosId = value
        if (inner.number === TrainerField.eosId) ids.eosId = value
        if (inner.number === TrainerField.padId) ids.padId = value
      }
    } else if (field.number === ModelField.normalizer) {
      for (const inner of protobufFields(name, field.value)) {
        if (inner.kind === 'varint' && inner.number === NormalizerField.addDummyPrefix) addDummyPrefix = inner.value !== 0n
      }
    }
  }
  if (pieces.length === 0) throw new GretaError('format', `${name} holds no pieces, so it is not a SentencePiece model.`)
  if (modelType !== 2) {
    const kind = MODEL_TYPE_NAMES[modelType] ?? String(modelType)
    throw new GretaError('unsupported', `${name} is a SentencePiece model of type ${kind}; this engine tokenizes with bpe.`)
  }
  return { pieces, types: Int32Array.from(types), scores: Float32Array.from(scores), ...ids, addDummyPrefix }
}

function parsePiece(name: string, bytes: Uint8Array, id: number): { readonly text: string; readonly score: number; readonly type: number } {
  let text: string | undefined
  let score = 0
  let type: number = TOKEN_TYPE.normal
  for (const field of protobufFields(name, bytes)) {
    if (field.number === PieceField.text && field.kind === 'bytes') {
      try {
        text = strictUtf8.decode(field.value)
      } catch {
        throw new GretaError('format', `${name}: piece ${id} is not valid UTF-8.`)
      }
    }
    if (field.number === PieceField.score && field.kind === 'fixed32') score = field.value.getFloat32(0, true)
    if (field.number === PieceField.type && field.kind === 'varint') type = Number(field.value)
  }
  if (text === undefined) throw new GretaError('format', `${name}: piece ${id} has no text.`)
  if (Number.isNaN(score)) throw new GretaError('format', `${name}: the score of piece ${id} is NaN.`)
  if (type < TOKEN_TYPE.normal || type > TOKEN_TYPE.byte)
    throw new GretaError('format', `${name}: piece ${id} has type ${type}; expected 1 to 6.`)
  return { text, score, type }
}
