import type { Language, Message, MessageParameters } from './define'
import { type Dictionary, dictionary } from './dictionary'

type Prefix = keyof Dictionary
/** 'play.generate', 'runs.delete' …: feature and name. */
export type MessageKey = { [P in Prefix]: `${P}.${keyof Dictionary[P] & string}` }[Prefix]

type MessageAt<K extends MessageKey> = K extends `${infer P}.${infer Name}`
  ? P extends Prefix
    ? Name extends keyof Dictionary[P]
      ? Dictionary[P][Name]
      : never
    : never
  : never

type ParameterValues<K extends MessageKey> = Readonly<Record<MessageParameters<MessageAt<K>>, string | number>>
/** No second argument where the text has no parameters, a required one where it has. */
export type TranslateArguments<K extends MessageKey> = [MessageParameters<MessageAt<K>>] extends [never]
  ? [key: K]
  : [key: K, values: ParameterValues<K>]

/** Keys of texts without parameters: what tables of titles may hold. */
export type PlainMessageKey = { [K in MessageKey]: [MessageParameters<MessageAt<K>>] extends [never] ? K : never }[MessageKey]

export type Translate = <K extends MessageKey>(...args: TranslateArguments<K>) => string

const pluralRules: Readonly<Record<Language, Intl.PluralRules>> = { en: new Intl.PluralRules('en'), es: new Intl.PluralRules('es') }
const numberFormats: Readonly<Record<Language, Intl.NumberFormat>> = { en: new Intl.NumberFormat('en'), es: new Intl.NumberFormat('es') }

/** "8,064,000": a count that stands alone, as counts in texts are written. */
export const wholeNumber = (language: Language, value: number): string => numberFormats[language].format(value)

/** Whole numbers get the language's grouping; a text that needs another format passes a string. */
function fill(language: Language, message: Message, values: Readonly<Record<string, string | number>>): string {
  const text = message[language]
  const form = typeof text === 'string' ? text : pluralRules[language].select(Number(values['count'])) === 'one' ? text.one : text.other
  return form.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name]
    return typeof value === 'number' ? numberFormats[language].format(value) : (value ?? `{${name}}`)
  })
}

export function translator(language: Language): Translate {
  return (...args) => {
    const [key, values] = args as readonly [MessageKey, Readonly<Record<string, string | number>>?]
    const point = key.indexOf('.')
    const feature = dictionary[key.slice(0, point) as Prefix] as Readonly<Record<string, Message>>
    const message = feature[key.slice(point + 1)]
    return message === undefined ? key : fill(language, message, values ?? {})
  }
}
