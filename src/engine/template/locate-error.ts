import type * as JinjaModule from '@huggingface/jinja'

interface Tag {
  readonly kind: 'statement' | 'expression' | 'comment'
  /** The whole tag, delimiters included. */
  readonly text: string
  /** 1 for the first line. */
  readonly line: number
  readonly closed: boolean
}

/**
 * Finds the line of the first mistake in a template that the library refused; its own messages carry no position. Every tag is parsed alone,
 * and blocks are matched with their ends. Undefined when each tag is right by itself and all blocks are closed.
 * Like sandboxProgram, its source text runs in the worker: it uses its parameter and JavaScript's globals only.
 */
export function errorLocator(jinja: Pick<typeof JinjaModule, 'parse' | 'tokenize'>): (template: string) => number | undefined {
  const OPENERS: Readonly<Record<string, Tag['kind']>> = { '{%': 'statement', '{{': 'expression', '{#': 'comment' }
  const CLOSERS: Readonly<Record<Tag['kind'], string>> = { statement: '%}', expression: '}}', comment: '#}' }
  const BLOCKS: ReadonlySet<string> = new Set(['if', 'for', 'macro', 'call', 'filter'])
  const INSIDE: Readonly<Record<string, readonly string[]>> = { else: ['if', 'for'], elif: ['if'] }

  function locate(template: string): number | undefined {
    const open: { readonly name: string; readonly line: number }[] = []
    for (const tag of findTags(template)) {
      if (!tag.closed || !parsesAlone(tag)) return tag.line
      const name = tag.kind === 'statement' ? statementName(tag.text) : undefined
      if (name === undefined || name === 'generation' || name === 'endgeneration') continue
      if (BLOCKS.has(name) || isBlockSet(name, tag.text)) {
        open.push({ name, line: tag.line })
      } else if (name.startsWith('end')) {
        if (open.pop()?.name !== name.slice(3)) return tag.line
      } else {
        const around = INSIDE[name]
        if (around !== undefined && !around.includes(open.at(-1)?.name ?? '')) return tag.line
      }
    }
    return open.at(-1)?.line
  }

  function statementName(text: string): string {
    return /^\{%[-+]?\s*(\w*)/.exec(text)?.[1] ?? ''
  }

  /** {% set x %}…{% endset %}, which is a block; {% set x = 1 %} is not. */
  function isBlockSet(name: string, text: string): boolean {
    return name === 'set' && !text.includes('=')
  }

  /** Whether a tag, completed to a whole template, is one. */
  function parsesAlone(tag: Tag): boolean {
    if (tag.kind === 'comment') return true
    try {
      jinja.parse(jinja.tokenize(completed(tag)))
      return true
    } catch {
      return false
    }
  }

  function completed(tag: Tag): string {
    if (tag.kind === 'expression') return tag.text
    const name = statementName(tag.text)
    if (name === 'elif' || name === 'else') return `{% if true %}${tag.text}{% endif %}`
    if (name === 'break' || name === 'continue') return `{% for i in [] %}${tag.text}{% endfor %}`
    if (name === 'generation' || name === 'endgeneration') return ''
    if (name.startsWith('end')) return BLOCKS.has(name.slice(3)) || name === 'endset' ? '' : tag.text
    return BLOCKS.has(name) || isBlockSet(name, tag.text) ? `${tag.text}{% end${name} %}` : tag.text
  }

  /** Tags in order. Strings inside a tag hide what looks like its end. Linear in the length of the template. */
  function findTags(template: string): Tag[] {
    const tags: Tag[] = []
    let line = 1
    let at = 0
    while (at < template.length) {
      const kind = OPENERS[template.slice(at, at + 2)]
      if (kind === undefined) {
        if (template[at] === '\n') line += 1
        at += 1
        continue
      }
      const end = endOfTag(template, at + 2, kind)
      const text = template.slice(at, end < 0 ? template.length : end)
      tags.push({ kind, text, line, closed: end >= 0 })
      line += text.split('\n').length - 1
      at += text.length
    }
    return tags
  }

  /** Position after the tag's closing delimiter, or -1. */
  function endOfTag(template: string, start: number, kind: Tag['kind']): number {
    const closer = CLOSERS[kind]
    let quote = ''
    let braces = 0
    for (let at = start; at < template.length; at++) {
      const character = template[at] as string
      if (kind !== 'comment') {
        if (quote !== '') {
          if (character === '\\') at += 1
          else if (character === quote) quote = ''
          continue
        }
        if (character === "'" || character === '"') {
          quote = character
          continue
        }
        if (character === '{') braces += 1
        if (character === '}' && braces > 0) {
          braces -= 1
          continue
        }
      }
      if (template.startsWith(closer, at)) return at + 2
    }
    return -1
  }

  return locate
}
