import { GretaError } from '../../shared/errors'
import { DEFAULT_TEMPLATE_LIMITS, LONGEST_TEMPLATE, type TemplateLimits } from './limits'
import { TemplateSandbox } from './sandbox'
import type { RenderReply } from './sandbox-program'

/** One turn of a conversation; a template may look at any further field (tool_calls, reasoning_content …). */
export interface ChatMessage {
  readonly role: string
  readonly content: unknown
  readonly [field: string]: unknown
}

export interface RenderChatOptions {
  /** Ends the text where the assistant's answer begins. */
  readonly addGenerationPrompt?: boolean
  /** Text of the BOS token: most templates write it themselves, so encode the result without addSpecial and with parseSpecial. */
  readonly bosToken?: string
  readonly eosToken?: string
  readonly unknownToken?: string
  readonly padToken?: string
  readonly tools?: readonly unknown[]
  /** Further variables of the template (enable_thinking, documents …). Plain data. */
  readonly variables?: Readonly<Record<string, unknown>>
  /** What strftime_now shows. */
  readonly now?: Date
  readonly limits?: Partial<TemplateLimits>
}

const USE_ANOTHER = 'Use another template, or the built-in one of the model family.'

const sandbox = new TemplateSandbox()

/**
 * The text of a conversation by a chat template (Jinja, as Hugging Face's apply_chat_template renders it). Templates are untrusted programs:
 * this one runs in a thread of its own under limits of steps, sizes, memory and time.
 * @throws GretaError 'format' for a template that cannot be parsed, 'unsupported' when the template refuses the messages or does what the
 * renderer cannot, 'out-of-range' when it exceeds a limit
 */
export async function renderChat(template: string, messages: readonly ChatMessage[], options: RenderChatOptions = {}): Promise<string> {
  if (template.length > LONGEST_TEMPLATE) {
    throw new GretaError('out-of-range', `The chat template has ${template.length} characters; at most ${LONGEST_TEMPLATE} are read.`)
  }
  const reply = await sandbox.render({
    template,
    variables: {
      documents: null,
      ...options.variables,
      messages,
      add_generation_prompt: options.addGenerationPrompt ?? false,
      bos_token: options.bosToken ?? '',
      eos_token: options.eosToken ?? '',
      unk_token: options.unknownToken ?? '',
      pad_token: options.padToken ?? '',
      tools: options.tools ?? null
    },
    nowMilliseconds: (options.now ?? new Date()).getTime(),
    limits: { ...DEFAULT_TEMPLATE_LIMITS, ...options.limits }
  })
  if ('text' in reply) return reply.text
  throw failure(reply)
}

function failure(reply: Exclude<RenderReply, { readonly text: string }>): GretaError {
  const { problem, message, line } = reply
  if (problem === 'limit') return new GretaError('out-of-range', `The chat template was stopped: ${message}.`, USE_ANOTHER)
  if (problem === 'raised') return new GretaError('unsupported', `The chat template refuses these messages: ${message}`)
  if (problem === 'failed') return new GretaError('unsupported', `The chat template failed: ${plainMessage(message)}`)
  const where = line === undefined ? '' : ` in line ${line}`
  return new GretaError('format', `The chat template cannot be parsed: error${where}: ${plainMessage(message)}`)
}

/** The library's message as one sentence. */
function plainMessage(message: string): string {
  const text = message
    .replace(/^Parser Error: /, '')
    .replace(/Cannot read properties of undefined.*/, 'the template ends too early')
    .replace(/\s+/g, ' ')
    .slice(0, 300)
  return /[.!?]$/.test(text) ? text : `${text}.`
}
