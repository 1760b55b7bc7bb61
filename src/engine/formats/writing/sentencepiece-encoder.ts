import { ByteWriter } from './byte-writer'
import type { SyntheticVocabulary } from './synthetic-vocabulary'

export interface SentencePieceSettings {
  /** 1 unigram, 2 bpe (default). */
  readonly modelType?: number
  readonly addDummyPrefix?: boolean
  readonly bosId?: number
  readonly eosId?: number
  /** -1 = none, SentencePiece's default. */
  readonly padId?: number
}

function varint(writer: ByteWriter, value: number): void {
  // Negative numbers take ten bytes, as 64-bit two's complement.
  let rest = BigInt.asUintN(64, BigInt(value))
  while (rest >= 0x80n) {
    writer.u8(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  writer.u8(Number(rest))
}

function varintField(writer: ByteWriter, number: number, value: number): void {
  varint(writer, number * 8)
  varint(writer, value)
}

function bytesField(writer: ByteWriter, number: number, bytes: Uint8Array): void {
  varint(writer, number * 8 + 2)
  varint(writer, bytes.length)
  writer.raw(bytes)
}

/** A tokenizer.model with these pieces (sentencepiece_model.proto). */
export function encodeSentencePieceModel(vocabulary: SyntheticVocabulary, settings: SentencePieceSettings = {}): Uint8Array {
  const model = new ByteWriter()
  vocabulary.pieces.forEach((piece, id) => {
    const entry = new ByteWriter()
    bytesField(entry, 1, Buffer.from(piece, 'utf8'))
    varint(entry, 2 * 8 + 5)
    entry.f32(vocabulary.scores[id] as number)
    varintField(entry, 3, vocabulary.types[id] as number)
    bytesField(model, 1, entry.finish())
  })
  const trainer = new ByteWriter()
  varintField(trainer, 3, settings.modelType ?? 2)
  varintField(trainer, 41, settings.bosId ?? 1)
  varintField(trainer, 42, settings.eosId ?? 2)
  varintField(trainer, 43, settings.padId ?? -1)
  bytesField(model, 2, trainer.finish())
  const normalizer = new ByteWriter()
  varintField(normalizer, 3, Number(settings.addDummyPrefix ?? true))
  bytesField(model, 3, normalizer.finish())
  return model.finish()
}
