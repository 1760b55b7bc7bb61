/** Options of encode(). */
export interface EncodeOptions {
  /** Put BOS first (and EOS last) as the file asks; default true. */
  readonly addSpecial?: boolean
  /** Read the text of special tokens ("<|im_start|>") as those tokens; default false: text is only text. */
  readonly parseSpecial?: boolean
}

/** Text to ids and back, for one vocabulary. Pure and synchronous. */
export interface Tokenizer {
  readonly vocabularySize: number
  readonly bosId: number | undefined
  readonly eosId: number | undefined
  encode(text: string, options?: EncodeOptions): number[]
  /** The bytes a token stands for in running text. Control tokens give none unless `special` is true. */
  tokenBytes(id: number, special?: boolean): Uint8Array
  /** The token's text for display: control tokens by name, lone bytes as <0xE2>. Never throws for an id in range. */
  tokenText(id: number): string
  isControl(id: number): boolean
  /** True for ids after which a generation is over. */
  endsGeneration(id: number): boolean
  /**
   * The text of a whole sequence: decode(encode(text)) is the text. Where encode() puts a space (SentencePiece: before a text and after a special
   * token) it is taken away again; to continue a text, use a streaming decoder, which takes nothing away.
   */
  decode(ids: readonly number[] | Int32Array, options?: { readonly special?: boolean }): string
  /** A decoder that takes one id at a time and never gives out half a UTF-8 character. */
  createStreamingDecoder(options?: { readonly special?: boolean }): StreamingDecoder
}

export interface StreamingDecoder {
  /** The text that became certain with this token; '' while a character is incomplete. */
  push(id: number): string
  /** What is left at the end: an incomplete character becomes U+FFFD. */
  flush(): string
}
