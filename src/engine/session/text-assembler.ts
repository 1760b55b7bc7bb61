import type { Tokenizer } from '../../shared/model/tokenizer'

export interface StopMatch {
  readonly stopString: string
  /** Generated tokens whose text lies wholly before the match. */
  readonly tokenCount: number
}

/**
 * Generated ids to text: holds back what could still become a stop string, and cuts at the first one that appears.
 * Text before a stop string is given out in full, also when the match begins inside a token.
 */
export class TextAssembler {
  private readonly decoder
  private readonly stops: readonly string[]
  /** Text that is decoded but not given out: it could be the beginning of a stop string. */
  private held = ''
  private released = ''
  /** Where the text of each token ends; tokens inside an unfinished character share the end of the token that finishes it. */
  private readonly tokenEnds: number[] = []
  private unfinished = 0
  private stripSpace: boolean
  private match: StopMatch | undefined

  constructor(
    private readonly tokenizer: Tokenizer,
    promptIds: readonly number[] | Int32Array,
    stops: readonly string[]
  ) {
    this.decoder = tokenizer.createStreamingDecoder()
    this.stops = stops
    // A text has no leading space of the vocabulary's own; a continuation keeps it.
    this.stripSpace = Array.from(promptIds).every((id) => tokenizer.isControl(id))
  }

  get text(): string {
    return this.released
  }
  get stopMatch(): StopMatch | undefined {
    return this.match
  }

  /** The text that became certain with this token. After a match: ''. */
  push(id: number): string {
    if (this.match !== undefined) return ''
    let piece = this.decoder.push(id)
    if (piece !== '' && this.stripSpace) {
      this.stripSpace = false
      if (piece.startsWith(' ') && !this.tokenizer.decode([id]).startsWith(' ')) piece = piece.slice(1)
    }
    this.held += piece
    this.tokenEnds.push(this.released.length + this.held.length)
    if (piece === '' && this.tokenizer.tokenBytes(id).length > 0) {
      this.unfinished += 1
    } else {
      this.unfinished = Math.min(this.tokenEnds.length, this.unfinished + 1)
      this.finishCharacters()
    }
    return this.release(this.certainLength())
  }

  /** What was held back, at the end of the generation. */
  flush(): string {
    if (this.match !== undefined) return ''
    this.held += this.decoder.flush()
    this.finishCharacters()
    return this.release(this.certainLength(true))
  }

  /** The tokens of an unfinished character end where it ends: with the last token. */
  private finishCharacters(): void {
    const end = this.released.length + this.held.length
    const first = this.tokenEnds.length - this.unfinished
    for (let index = first; index < this.tokenEnds.length; index += 1) this.tokenEnds[index] = end
    this.unfinished = 0
  }

  /** Characters of `held` that may go out; notes a match. */
  private certainLength(ended = false): number {
    let first: { readonly at: number; readonly stop: string } | undefined
    for (const stop of this.stops) {
      const at = this.held.indexOf(stop)
      if (at !== -1 && (first === undefined || at < first.at)) first = { at, stop }
    }
    if (first !== undefined) {
      const cut = this.released.length + first.at
      this.match = { stopString: first.stop, tokenCount: this.tokenEnds.filter((end) => end <= cut).length }
      return first.at
    }
    if (ended) return this.held.length
    const back = Math.max(0, ...this.stops.map((stop) => partialMatch(this.held, stop)))
    return this.held.length - back
  }

  private release(length: number): string {
    const text = this.held.slice(0, length)
    this.held = this.held.slice(length)
    this.released += text
    return text
  }
}

/** Length of the longest end of `text` that begins `stop`. */
function partialMatch(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length -= 1) {
    if (stop.startsWith(text.slice(text.length - length))) return length
  }
  return 0
}
