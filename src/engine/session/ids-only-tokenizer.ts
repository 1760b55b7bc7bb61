import { GretaError } from '../../shared/errors'
import type { Tokenizer } from '../../shared/model/tokenizer'

/** Stands in where a model file has no vocabulary this engine reads: ids pass through, text is refused with the reason. */
export function idsOnlyTokenizer(vocabularySize: number, reason = 'This model file has no tokenizer.'): Tokenizer {
  return {
    vocabularySize,
    bosId: undefined,
    eosId: undefined,
    encode() {
      throw new GretaError('unsupported', `The prompt cannot be read as text: ${reason}`, 'Give token ids instead (--prompt-ids).')
    },
    tokenBytes: () => new Uint8Array(0),
    tokenText: (id) => `<${id}>`,
    isControl: () => false,
    endsGeneration: () => false,
    decode: () => '',
    createStreamingDecoder: () => ({ push: () => '', flush: () => '' })
  }
}
