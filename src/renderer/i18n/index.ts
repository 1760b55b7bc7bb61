import { useStore } from '../store'
import type { Language } from './define'
import { type Translate, translator, wholeNumber } from './translate'

const translators: Readonly<Record<Language, Translate>> = { en: translator('en'), es: translator('es') }

/** `const t = useTranslate()`, then `t('play.generate')`; the component redraws when the language changes. */
export const useTranslate = (): Translate => translators[useStore((state) => state.settings.language)]

/** Writes a count that stands alone, such as a table's cell; identifiers and offsets stay ungrouped. */
export function useWholeNumber(): (value: number) => string {
  const language = useStore((state) => state.settings.language)
  return (value) => wholeNumber(language, value)
}

/** The same outside React: for what is said once, such as a toast. */
export const translateNow: Translate = (...args) =>
  (translators[useStore.getState().settings.language] as (...values: readonly unknown[]) => string)(...args)

export { LANGUAGES, type Language } from './define'
export type { MessageKey, PlainMessageKey, Translate } from './translate'
