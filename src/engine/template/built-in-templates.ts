import { GretaError } from '../../shared/errors'

/** Templates for files that bring none. Written here, after the formats' own descriptions. */
const TEMPLATES: Readonly<Record<string, string>> = {
  /** Llama 2 chat (Touvron et al. 2023): the system text rides in the first user turn. */
  'llama-2': `{%- set ns = namespace(system='') -%}
{%- for message in messages -%}
  {%- if message.role == 'system' -%}
    {%- set ns.system = '<<SYS>>\\n' + message.content + '\\n<</SYS>>\\n\\n' -%}
  {%- elif message.role == 'assistant' -%}
    {{- ' ' + message.content | trim + ' ' + eos_token -}}
  {%- else -%}
    {{- bos_token + '[INST] ' + ns.system + message.content | trim + ' [/INST]' -}}
    {%- set ns.system = '' -%}
  {%- endif -%}
{%- endfor -%}`,
  /** ChatML, as Qwen and many fine-tunes use it. */
  chatml: `{%- for message in messages -%}
  {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<|im_start|>assistant\\n' -}}
{%- endif -%}`,
  /** Llama 3 and 3.x without tools. */
  'llama-3': `{{- bos_token -}}
{%- for message in messages -%}
  {{- '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' + message.content | trim + '<|eot_id|>' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}
{%- endif -%}`,
  /** Zephyr and TinyLlama chat. */
  zephyr: `{%- for message in messages -%}
  {{- '<|' + message.role + '|>\\n' + message.content + eos_token + '\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<|assistant|>\\n' -}}
{%- endif -%}`
}

export function builtInTemplateNames(): string[] {
  return Object.keys(TEMPLATES).toSorted()
}

/** @throws GretaError 'not-found' for a name that is none of builtInTemplateNames() */
export function builtInTemplate(name: string): string {
  const template = Object.hasOwn(TEMPLATES, name) ? TEMPLATES[name] : undefined
  if (template !== undefined) return template
  throw new GretaError('not-found', `There is no built-in chat template "${name}"; there are ${builtInTemplateNames().join(', ')}.`)
}

/** The built-in template that fits a vocabulary: told by the special tokens it has; undefined when none fits (a model that is no chat model). */
export function fallbackTemplateName(pieces: readonly string[]): string | undefined {
  const has = new Set(pieces)
  if (has.has('<|im_start|>') && has.has('<|im_end|>')) return 'chatml'
  if (has.has('<|start_header_id|>') && has.has('<|eot_id|>')) return 'llama-3'
  return undefined
}
