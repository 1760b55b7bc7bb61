import { GretaError } from '../../shared/errors'
import type { Tokenizer } from '../../shared/model/tokenizer'

/** Stands in where a model file has no vocabulary: ids pass through, text is refused in words. */
export function idsOnlyTokenizer(vocabularySize: number): Tokenizer {
  return {
    vocabularySize,
    bosId: undefined,
    eosId: undefined,
    encode() {
      throw new GretaError(
        'unsupported',
        'This model file has no tokenizer, so it cannot read text.',
        'Give token ids instead (--prompt-ids).'
      )
    },
    tokenBytes: () => new Uint8Array(0),
    tokenText: (id) => `<${id}>`,
    isControl: () => false,
    endsGeneration: () => false,
    decode: () => '',
    createStreamingDecoder: () => ({ push: () => '', flush: () => '' })
  }
}
