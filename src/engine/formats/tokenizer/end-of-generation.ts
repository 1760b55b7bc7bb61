import { TOKEN_TYPE } from '../../../shared/model/description'

/**
 * Texts of control tokens that end a turn or a generation in the families this engine runs. Files name one end-of-sequence
 * id; chat models stop at others of these as well.
 */
const ENDING_TEXTS: ReadonlySet<string> = new Set([
  '</s>',
  '<|endoftext|>',
  '<|end_of_text|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|im_end|>',
  '<|end|>',
  '<|end_of_turn|>',
  '<end_of_turn>',
  '<|eot|>',
  '<|eom|>',
  '<EOT>',
  '<|endofturn|>'
])

/** Ids in `named`, and control tokens whose text is known to end a generation, in order and without `eosId`. */
export function endOfGenerationIds(
  pieces: readonly string[],
  types: Int32Array,
  eosId: number | undefined,
  named: readonly number[]
): readonly number[] {
  const ids = new Set(named)
  pieces.forEach((piece, id) => {
    const special = types[id] === TOKEN_TYPE.control || types[id] === TOKEN_TYPE.userDefined
    if (special && ENDING_TEXTS.has(piece)) ids.add(id)
  })
  if (eosId !== undefined) ids.delete(eosId)
  return [...ids].sort((a, b) => a - b)
}
