import { GretaError } from '../shared/errors'

/** What an option's value may be. */
type OptionKind =
  | { readonly kind: 'flag' }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'integer'; readonly value: string; readonly least: number; readonly most: number }
  | { readonly kind: 'number'; readonly value: string; readonly least: number; readonly most: number; readonly aboveLeast?: boolean }
  | { readonly kind: 'seed'; readonly value: string }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'ids'; readonly value: string }

export type Option = OptionKind & {
  readonly help: string
  /** An environment variable that stands in where the option is not given. */
  readonly environment?: string
  /** May be given more than once: the values come as a list. */
  readonly repeated?: boolean
}

export type Options = Readonly<Record<string, Option>>

type ValueOf<O extends Option> = O extends { readonly kind: 'flag' }
  ? boolean
  : O extends { readonly kind: 'integer' | 'number' }
    ? number
    : O extends { readonly kind: 'seed' }
      ? bigint
      : O extends { readonly kind: 'ids' }
        ? readonly number[]
        : O extends { readonly kind: 'choice'; readonly choices: readonly (infer C)[] }
          ? C
          : string

export type Parsed<O extends Options> = {
  readonly [Name in keyof O]?: O[Name] extends { readonly repeated: true } ? readonly ValueOf<O[Name]>[] : ValueOf<O[Name]>
}

export interface ParsedWords<O extends Options> {
  readonly options: Parsed<O>
  readonly positional: readonly string[]
  readonly help: boolean
}

const LARGEST_SEED = 2n ** 64n - 1n

/**
 * Words to typed values. Strict: an unknown option, a missing or unusable value and a surplus word are GretaError 'usage'.
 * `--name value` and `--name=value` mean the same; of a repeated option the last one counts.
 */
export function parseWords<const O extends Options>(
  options: O,
  words: readonly string[],
  limits: { readonly positional?: number; readonly environment?: Readonly<Record<string, string | undefined>> } = {}
): ParsedWords<O> {
  const values: Record<string, unknown> = {}
  const positional: string[] = []
  let help = false
  for (const [name, option] of Object.entries(options)) {
    const found = option.environment === undefined ? undefined : limits.environment?.[option.environment]
    if (found !== undefined && found !== '') values[name] = parseValue(option.environment as string, option, found)
  }
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] as string
    if (word === '--help' || word === '-h') help = true
    else if (word.startsWith('--') && word.length > 2) index += takeOption(options, words, index, values)
    else if (word.startsWith('-') && word.length > 1) throw usage(`Unknown option "${word}".`)
    else positional.push(word)
  }
  if (!help && positional.length > (limits.positional ?? 0)) {
    throw usage(`"${positional[limits.positional ?? 0]}" is not expected here.`)
  }
  return { options: values as Parsed<O>, positional, help }
}

/** Returns how many further words the option used. */
function takeOption(options: Options, words: readonly string[], index: number, values: Record<string, unknown>): number {
  const word = words[index] as string
  const equals = word.indexOf('=')
  const name = word.slice(2, equals === -1 ? undefined : equals)
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  if (option === undefined) throw usage(`Unknown option "--${name}".${suggestion(name, Object.keys(options))}`)
  if (option.kind === 'flag') {
    if (equals !== -1) throw usage(`Option --${name} takes no value.`)
    values[name] = true
    return 0
  }
  const next = equals === -1 ? words[index + 1] : word.slice(equals + 1)
  if (next === undefined || (equals === -1 && next.startsWith('--'))) throw usage(`Option --${name} needs a value: ${expectation(option)}.`)
  const value = parseValue(`--${name}`, option, next)
  if (option.repeated === true) values[name] = [...((values[name] as unknown[] | undefined) ?? []), value]
  else values[name] = value
  return equals === -1 ? 1 : 0
}

function parseValue(name: string, option: Option, text: string): unknown {
  const wrong = () => usage(`${name} needs ${expectation(option)}, not "${text}".`)
  switch (option.kind) {
    case 'flag':
      return text === '1'
    case 'text':
      return text
    case 'choice':
      if (!option.choices.includes(text)) throw wrong()
      return text
    case 'seed': {
      if (!/^\d{1,20}$/.test(text)) throw wrong()
      const seed = BigInt(text)
      if (seed > LARGEST_SEED) throw wrong()
      return seed
    }
    case 'ids': {
      const parts = text.split(',')
      if (!parts.every((part) => /^\d{1,9}$/.test(part.trim()))) throw wrong()
      return parts.map(Number)
    }
    case 'integer': {
      const value = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN
      if (!(value >= option.least && value <= option.most)) throw wrong()
      return value
    }
    case 'number': {
      const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
      if (!(value >= option.least && value <= option.most) || (option.aboveLeast === true && value === option.least)) throw wrong()
      return value
    }
  }
}

function expectation(option: Option): string {
  switch (option.kind) {
    case 'flag':
      return 'no value'
    case 'text':
      return `a ${option.value}`
    case 'choice':
      return option.choices.join(' or ')
    case 'seed':
      return 'a whole number from 0 to 18446744073709551615'
    case 'ids':
      return 'token ids like 1,2,3'
    case 'integer':
      return `a whole number from ${option.least} to ${option.most}`
    case 'number':
      return option.aboveLeast === true
        ? `a number above ${option.least}, up to ${option.most}`
        : `a number from ${option.least} to ${option.most}`
  }
}

export const usage = (message: string): GretaError => new GretaError('usage', message)

function suggestion(name: string, known: readonly string[]): string {
  const close = known.find((other) => other.startsWith(name) || name.startsWith(other) || distance(name, other) <= 2)
  return close === undefined ? '' : ` Did you mean --${close}?`
}

/** Edits (insert, delete, replace) between two short words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length] as number
}

/** The options as lines of help. */
export function helpLines(options: Options): string {
  const rows = Object.entries(options).map(([name, option]) => {
    const value = option.kind === 'flag' ? '' : option.kind === 'choice' ? ` ${option.choices.join('|')}` : ` ${valueName(option)}`
    const environment = option.environment === undefined ? '' : ` (environment: ${option.environment})`
    return [`  --${name}${value}`, `${option.help}${environment}`] as const
  })
  const width = Math.max(...rows.map(([left]) => left.length)) + 2
  return rows.map(([left, right]) => `${left.padEnd(width)}${right}`).join('\n')
}

const valueName = (option: Exclude<Option, { kind: 'flag' | 'choice' }>): string => (option.kind === 'seed' ? 'N' : option.value)
