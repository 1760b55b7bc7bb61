import { fallbackTemplateName, builtInTemplate } from '../engine/template'
import type { Session } from '../engine/session/types'
import { GretaError } from '../shared/errors'
import type { TokenizerSpec } from '../shared/model/description'
import type { Answer, ChatMessage, Piece, Prompt, ValidParams } from '../shared/protocol'
import type { EngineDoor } from './engine-door'
import type { ModelService } from './model-service'

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')

/** Text and tokens of the loaded model. */
export class TokenService {
  private vocabularyOf: { readonly session: Session; readonly answer: Answer<'tokens.vocabulary'> } | undefined

  constructor(
    private readonly models: ModelService,
    private readonly engine: EngineDoor
  ) {}

  encode({ text, addSpecial, parseSpecial, maxPieces }: ValidParams<'tokens.encode'>): Answer<'tokens.encode'> {
    const { tokenizer } = this.models.require()
    const begin = performance.now()
    const ids = tokenizer.encode(text, { addSpecial, parseSpecial })
    return { count: ids.length, ids, pieces: this.pieces(ids.slice(0, maxPieces)), milliseconds: performance.now() - begin }
  }

  decode(ids: readonly number[]): Answer<'tokens.decode'> {
    const { tokenizer } = this.models.require()
    this.checkIds(ids)
    return { text: tokenizer.decode(ids), pieces: this.pieces(ids) }
  }

  async render({ messages, template, maxPieces }: ValidParams<'chat.render'>): Promise<Answer<'chat.render'>> {
    const { tokenizer } = this.models.require()
    const text = await this.renderedChat(messages, template)
    const ids = tokenizer.encode(text, { addSpecial: false, parseSpecial: true })
    return { text, count: ids.length, ids, pieces: this.pieces(ids.slice(0, maxPieces)) }
  }

  /** What is fed to the model for a prompt, and the same as text. */
  async promptIds(prompt: Prompt): Promise<{ readonly ids: readonly number[]; readonly text: string }> {
    const { tokenizer } = this.models.require()
    if (prompt.kind === 'raw') {
      const { addSpecial, parseSpecial } = prompt
      return { ids: tokenizer.encode(prompt.text, { addSpecial, parseSpecial }), text: prompt.text }
    }
    if (prompt.kind === 'tokens') {
      this.checkIds(prompt.ids)
      return { ids: prompt.ids, text: tokenizer.decode(prompt.ids, { special: true }) }
    }
    const text = await this.renderedChat(prompt.messages, prompt.template)
    return { ids: tokenizer.encode(text, { addSpecial: false, parseSpecial: true }), text }
  }

  /** Text and bytes of every token, made once a model. */
  vocabulary(): Answer<'tokens.vocabulary'> {
    const session = this.models.require()
    if (this.vocabularyOf?.session !== session) this.vocabularyOf = { session, answer: vocabularyAnswer(session) }
    const sha256 = this.models.current?.sha256
    const { answer } = this.vocabularyOf
    return sha256 === undefined ? answer : { ...answer, sha256 }
  }

  private pieces(ids: readonly number[]): readonly Piece[] {
    const { tokenizer } = this.models.require()
    return ids.map((id) => ({
      id,
      text: tokenizer.tokenText(id),
      bytesHex: toHex(tokenizer.tokenBytes(id)),
      control: tokenizer.isControl(id)
    }))
  }

  private checkIds(ids: readonly number[]): void {
    const { vocabularySize } = this.models.require().tokenizer
    const bad = ids.find((id) => id >= vocabularySize)
    if (bad !== undefined)
      throw new GretaError('out-of-range', `Token ${bad} does not exist: the vocabulary has ids 0 to ${vocabularySize - 1}.`)
  }

  private async renderedChat(messages: readonly ChatMessage[], template: string | undefined): Promise<string> {
    const { model } = this.models.require()
    const spec = model.tokenizer as TokenizerSpec
    const fallback = fallbackTemplateName(spec.pieces)
    const chosen = template ?? model.chatTemplate ?? (fallback === undefined ? undefined : builtInTemplate(fallback))
    if (chosen === undefined)
      throw new GretaError('unsupported', 'This model has no chat template.', 'Write one, or use Raw mode: a base model continues text.')
    const piece = (id: number | undefined): string | undefined => (id === undefined ? undefined : spec.pieces[id])
    const named = {
      bosToken: piece(spec.bosId),
      eosToken: piece(spec.eosId),
      unknownToken: piece(spec.unknownId),
      padToken: piece(spec.padId)
    }
    const options = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined))
    return this.engine.renderChat(
      chosen,
      messages.map(({ role, content }) => ({ role, content })),
      { addGenerationPrompt: true, ...options }
    )
  }
}

function vocabularyAnswer({ tokenizer, model }: Session): Answer<'tokens.vocabulary'> {
  const count = tokenizer.vocabularySize
  const encoder = new TextEncoder()
  const texts: Uint8Array[] = []
  const pieces: Uint8Array[] = []
  const types = new Uint8Array(count)
  for (let id = 0; id < count; id += 1) {
    texts.push(encoder.encode(tokenizer.tokenText(id)))
    pieces.push(tokenizer.tokenBytes(id))
    types[id] = model.tokenizer?.types[id] ?? 0
  }
  const text = packed(texts)
  const bytes = packed(pieces)
  return { count, arrays: { text: text.bytes, textEnds: text.ends, types, bytes: bytes.bytes, byteEnds: bytes.ends } }
}

function packed(parts: readonly Uint8Array[]): { readonly bytes: Uint8Array; readonly ends: Uint32Array } {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
  const ends = new Uint32Array(parts.length)
  let offset = 0
  parts.forEach((part, index) => {
    bytes.set(part, offset)
    offset += part.byteLength
    ends[index] = offset
  })
  return { bytes, ends }
}
