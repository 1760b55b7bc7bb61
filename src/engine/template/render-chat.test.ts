import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { GretaError } from '../../shared/errors'
import { builtInTemplate, builtInTemplateNames, fallbackTemplateName } from './built-in-templates'
import { type ChatMessage, renderChat } from './render-chat'

interface Rendering {
  readonly template: string
  readonly messages: readonly ChatMessage[]
  readonly addGenerationPrompt: boolean
  readonly variables: Readonly<Record<string, unknown>> & { readonly tools?: readonly unknown[] }
  readonly text?: string
  readonly raises?: string
}

const FIXTURES = `${import.meta.dirname}/fixtures`
const template = (name: string): string => readFileSync(`${FIXTURES}/${name}.jinja`, 'utf8')
/** Made by fixtures/render.py with Jinja2 itself. */
const RENDERINGS = JSON.parse(readFileSync(`${FIXTURES}/renderings.json`, 'utf8')) as readonly Rendering[]
/** render.py shows this time. */
const NOW = new Date(2026, 1, 3, 4, 5, 6)
const CHAT: readonly ChatMessage[] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: 'Hello' },
  { role: 'user', content: 'Bye' }
]

async function failure(source: string): Promise<GretaError> {
  const thrown: unknown = await renderChat(source, [{ role: 'user', content: 'hi' }]).then(
    (text) => new Error(`rendered ${text.length} characters`),
    (error: unknown) => error
  )
  if (thrown instanceof GretaError) return thrown
  throw thrown
}

describe('templates of models', () => {
  it.each(RENDERINGS.map((rendering, i) => ({ name: `${rendering.template} ${i}`, rendering })))(
    '$name renders as Jinja2 renders it',
    async ({ rendering }) => {
      const { tools, ...variables } = rendering.variables
      const rendered = renderChat(template(rendering.template), rendering.messages, {
        addGenerationPrompt: rendering.addGenerationPrompt,
        bosToken: '<s>',
        eosToken: '</s>',
        variables,
        now: NOW,
        ...(tools === undefined ? {} : { tools })
      })
      if (rendering.raises === undefined) expect(await rendered).toBe(rendering.text)
      else await expect(rendered).rejects.toThrow(rendering.raises)
    }
  )
})

describe('built-in templates', () => {
  const render = (name: string): Promise<string> =>
    renderChat(builtInTemplate(name), CHAT, { addGenerationPrompt: true, bosToken: '<s>', eosToken: '</s>' })

  it('agree with the templates of the models', async () => {
    const pairs = [
      ['llama-2', 'llama-2'],
      ['llama-3', 'llama-3'],
      ['chatml', 'qwen2.5']
    ] as const
    for (const [name, fixture] of pairs) {
      const expected = await renderChat(template(fixture), CHAT, { addGenerationPrompt: true, bosToken: '<s>', eosToken: '</s>' })
      expect(await render(name)).toBe(expected)
    }
  })

  it('render a whole conversation', async () => {
    expect(await render('llama-2')).toBe('<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Hello </s><s>[INST] Bye [/INST]')
    expect(await render('zephyr')).toBe(
      '<|system|>\nBe brief.</s>\n<|user|>\nHi</s>\n<|assistant|>\nHello</s>\n<|user|>\nBye</s>\n<|assistant|>\n'
    )
  })

  it('are told by name and by vocabulary', () => {
    expect(builtInTemplateNames()).toEqual(['chatml', 'llama-2', 'llama-3', 'zephyr'])
    expect(() => builtInTemplate('toString')).toThrow('There is no built-in chat template "toString"')
    expect(fallbackTemplateName(['a', '<|im_start|>', '<|im_end|>'])).toBe('chatml')
    expect(fallbackTemplateName(['<s>', '</s>'])).toBeUndefined()
  })
})

describe('templates with mistakes', () => {
  it.each([
    ['one\n{% if x %}\n{{ foo( }}\n{% endif %}', 'in line 3'],
    ['one\n{% if x %}\n{{ foo }}\n', 'in line 2'],
    ['{% for m in messages %}\n{{ m.role }}\n{% endif %}', 'in line 3'],
    ['{# a\n\ncomment #}\n{{ "never closed', 'in line 4'],
    ['a\nb\n{% else %}', 'in line 3'],
    ["{% set x = '%}' %}\n{{ x }}\n{% unknown %}", 'in line 3'],
    ['{% for m in %}{% endfor %}', 'in line 1']
  ])('%j names the line', async (source, where) => {
    const error = await failure(source)
    expect(error.code).toBe('format')
    expect(error.message).toContain(where)
  })

  it('says what the template says when it refuses the messages', async () => {
    const error = await failure("{{ raise_exception('No system role here') }}")
    expect(error.message).toBe('The chat template refuses these messages: No system role here')
  })

  it('says what failed while it ran', async () => {
    expect((await failure('{{ nothing.at.all() }}')).code).toBe('unsupported')
    expect((await failure('{{ 1 | no_such_filter }}')).message).toContain('no_such_filter')
  })

  it('refuses values that are no data', async () => {
    await expect(renderChat('x', [], { variables: { run: () => 1 } })).rejects.toThrow('cannot be handed to it')
    expect(await renderChat('still works', [])).toBe('still works')
  })
})

describe('hostile templates', () => {
  const grow = (times: number, seed: string): string =>
    `{% set ns = namespace(s=${seed}) %}{% for i in range(${times}) %}{% set ns.s = ns.s + ns.s %}{% endfor %}`

  it.each([
    ['a huge range', '{% for i in range(1000000000) %}x{% endfor %}'],
    ['loops in loops', '{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}'],
    ['loops over a list', `${grow(20, '[1]')}{% for i in ns.s %}{% for j in ns.s %}x{% endfor %}{% endfor %}`],
    ['a string that doubles', `${grow(60, '"aaaaaaaa"')}{{ ns.s }}`],
    ['a list that doubles', `${grow(60, '[1]')}{{ ns.s | length }}`],
    ['replace', `${grow(17, '"aaaaaaaa"')}{{ ns.s | replace("a", ns.s) | length }}`],
    ['replace as a method', `${grow(17, '"aaaaaaaa"')}{{ ns.s.replace("a", ns.s) | length }}`],
    ['join', `${grow(17, '"aaaaaaaa"')}{{ range(100000) | join(ns.s) | length }}`],
    ['an indentation', '{{ "a\nb" | indent(1000000000) }}'],
    ['an indented list', '{{ [1, [2]] | tojson(indent=100000000) }}'],
    ['a macro that calls itself', '{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}'],
    ['a list of itself', '{% set ns = namespace() %}{% set ns.a = ns %}{{ ns | tojson }}'],
    [
      'shared lists',
      '{% set ns = namespace(a=[1, 1]) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a | tojson }}'
    ],
    ['deep brackets', `{{ ${'('.repeat(100_000)}1${')'.repeat(100_000)} }}`],
    ['deep blocks', `${'{% if true %}'.repeat(20_000)}${'{% endif %}'.repeat(20_000)}`],
    ['too long a template', ' '.repeat((1 << 20) + 1)]
  ])('%s is stopped', async (_name, source) => {
    const error = await failure(source)
    expect(error.code).toBe('out-of-range')
    expect(error.message).toMatch(/^The chat template /)
  })

  it('is stopped by time when nothing else counts', async () => {
    const slow = `${grow(18, '",,,,,,,,"')}{% for i in range(100000) %}{% set x = ns.s.split(",") %}{% endfor %}`
    const rendered = renderChat(slow, [], { limits: { milliseconds: 200 } })
    await expect(rendered).rejects.toThrow('it takes longer than 0.2 s')
    expect(await renderChat('the next one is fine', [])).toBe('the next one is fine')
  })

  it('is stopped by memory when it keeps everything', async () => {
    const hoard = `${grow(18, '"aaaaaaaa"')}{% set ns.l = [] %}{% for i in range(1000) %}{% set ns.l = ns.l + [ns.s | upper ~ i] %}{% endfor %}`
    const rendered = renderChat(hoard, [], { limits: { milliseconds: 60_000, totalLength: 1e12 } })
    await expect(rendered).rejects.toThrow('it takes more than 512 MB of memory')
    expect(await renderChat('the next one is fine', [])).toBe('the next one is fine')
  })

  it('reaches nothing outside', async () => {
    for (const source of [
      '{{ messages.constructor }}',
      '{{ "".constructor }}',
      '{{ namespace.constructor }}',
      '{{ messages.__proto__ }}'
    ]) {
      expect(await renderChat(source, [])).toBe('')
    }
    expect((await failure('{{ process.exit() }}')).code).toBe('unsupported')
    expect((await failure('{{ require("fs") }}')).code).toBe('unsupported')
  })

  it('renders many at once, each its own', async () => {
    const numbers = Array.from({ length: 20 }, (_, i) => i)
    const texts = await Promise.all(numbers.map((n) => renderChat('{{ messages[0].content }}', [{ role: 'user', content: `${n}` }])))
    expect(texts).toEqual(numbers.map(String))
  })
})
