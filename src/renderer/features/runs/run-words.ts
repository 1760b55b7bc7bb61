import type { RunCheck, RunState } from '../../../shared/protocol'
import type { Language, PlainMessageKey, Translate } from '../../i18n'
import type { Tone } from '../../ui/Badge'

export const STATE_WORDS: Readonly<Record<RunState, readonly [key: PlainMessageKey, tone: Tone]>> = {
  running: ['runs.stateRunning', 'accent'],
  'end-of-generation': ['runs.stateEnd', 'neutral'],
  length: ['runs.stateLength', 'neutral'],
  'stop-string': ['runs.stateStopString', 'neutral'],
  'context-full': ['runs.stateContext', 'warn'],
  cancelled: ['runs.stateCancelled', 'neutral'],
  failed: ['runs.stateFailed', 'danger'],
  interrupted: ['runs.stateInterrupted', 'danger']
}

export const formatWhen = (iso: string, language: Language): string =>
  new Intl.DateTimeFormat(language, { dateStyle: 'short', timeStyle: 'short' }).format(new Date(iso))

/** The verdict in the words. */
export function verdictWords(t: Translate, check: RunCheck): { readonly text: string; readonly tone: Tone } {
  if (check.verdict === 'bit-identical') return { text: t('runs.identical'), tone: 'ok' }
  if (check.verdict === 'same-tokens') return { text: t('runs.sameTokens'), tone: 'warn' }
  if (check.verdict === 'differs')
    return { text: t('runs.differs', { token: String(check.firstDifference?.token ?? '?') }), tone: 'danger' }
  return { text: t('runs.notComparable'), tone: 'warn' }
}
