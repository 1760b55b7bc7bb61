import { GretaError } from '../../../shared/errors'
import { TOKEN_TYPE } from '../../../shared/model/description'

export interface SyntheticVocabulary {
  readonly pieces: readonly string[]
  readonly types: Int32Array
  readonly scores: Float32Array
}

const SPACE_MARK = '\u2581'
const LETTERS = 'etaoinshrdlucmfwypvbgkjqxz'.split('')
const OTHERS = `.,'"!?-:;()0123456789ETAOINSHRDLUCMFWYPVBGKJQXZ#$%&*+/<=>@[\\]^_\`{|}~`.split('')
/** <unk>, <s>, </s> and 256 byte pieces. */
const LEAST_VOCABULARY = 3 + 256

/**
 * A SentencePiece BPE vocabulary of exactly `size` pieces that encodes any text: control tokens, byte pieces, single
 * characters, then runs of letters by length, with and without a leading space. Every run splits into shorter pieces, so
 * merging reaches it; scores fall with the id.
 */
export function syntheticVocabulary(size: number): SyntheticVocabulary {
  if (!Number.isInteger(size) || size < LEAST_VOCABULARY) {
    throw new GretaError('usage', `A vocabulary of ${size} pieces is too small; the control and byte pieces alone are ${LEAST_VOCABULARY}.`)
  }
  const pieces = ['<unk>', '<s>', '</s>']
  const types: number[] = [TOKEN_TYPE.unknown, TOKEN_TYPE.control, TOKEN_TYPE.control]
  for (let byte = 0; byte < 256; byte += 1) {
    pieces.push(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)
    types.push(TOKEN_TYPE.byte)
  }
  for (const run of runs()) {
    if (pieces.length === size) break
    pieces.push(run)
    types.push(TOKEN_TYPE.normal)
  }
  const scores = Float32Array.from(pieces, (_, id) => (id < LEAST_VOCABULARY ? 0 : LEAST_VOCABULARY - id))
  return { pieces, types: Int32Array.from(types), scores }
}

function* runs(): Generator<string> {
  yield SPACE_MARK
  yield* LETTERS
  yield* OTHERS
  let longest = LETTERS
  for (;;) {
    for (const run of longest) yield SPACE_MARK + run
    longest = longest.flatMap((run) => LETTERS.map((letter) => run + letter))
    yield* longest
  }
}
