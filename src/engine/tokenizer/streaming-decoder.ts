import type { StreamingDecoder } from '../../shared/model/tokenizer'
import { incompleteTailLength, utf8Text } from './utf8'

/**
 * Turns byte runs into text as they come. A character is given out when its last byte has come; bytes that can no longer become a character
 * turn into U+FFFD at once. The concatenation of everything given out is the text of all bytes together.
 * @param bytesOf bytes of one token in running text
 */
export function createStreamingDecoder(bytesOf: (id: number) => Uint8Array): StreamingDecoder {
  let pending: Uint8Array = new Uint8Array(0)
  return {
    push(id) {
      const added = bytesOf(id)
      if (added.length === 0) return ''
      const bytes = pending.length === 0 ? added : concatenate(pending, added)
      const certain = bytes.length - incompleteTailLength(bytes)
      pending = bytes.slice(certain)
      return certain === 0 ? '' : utf8Text(bytes.subarray(0, certain))
    },
    flush() {
      const rest = utf8Text(pending)
      pending = new Uint8Array(0)
      return rest
    }
  }
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length)
  joined.set(first)
  joined.set(second, first.length)
  return joined
}
