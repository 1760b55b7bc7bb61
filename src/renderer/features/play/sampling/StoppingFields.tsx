import { X } from 'lucide-react'
import { useId, useState } from 'react'
import { useTranslate } from '../../../i18n'
import { useStore } from '../../../store'
import { Switch } from '../../../ui/Switch'
import { TextField } from '../../../ui/TextField'
import { visibleToken } from '../lane/visible'

const unescapeText = (text: string): string => text.replaceAll(/\\([nt\\])/g, (_, name: string) => ({ n: '\n', t: '\t' })[name] ?? '\\')

/** Texts that end a generation, and whether the model's own end does. */
export const StoppingFields = () => {
  const t = useTranslate()
  const stopping = useStore((state) => state.stopping)
  const changeStopping = useStore((state) => state.changeStopping)
  const [draft, setDraft] = useState('')
  const hint = useId()
  const add = () => {
    const text = unescapeText(draft)
    if (text !== '' && !stopping.stopStrings.includes(text) && stopping.stopStrings.length < 16)
      changeStopping({ stopStrings: [...stopping.stopStrings, text] })
    setDraft('')
  }
  return (
    <div className="flex flex-col gap-1.5">
      {stopping.stopStrings.length > 0 && (
        <ul className="flex flex-wrap gap-1" aria-label={t('play.stopStrings')}>
          {stopping.stopStrings.map((text) => (
            <li key={text} className="flex items-center gap-1 rounded border border-line bg-sunken pl-1.5 font-mono text-sm">
              <bdi>{visibleToken(text)}</bdi>
              <button
                type="button"
                aria-label={t('play.removeStopString', { text: visibleToken(text) })}
                onClick={() => changeStopping({ stopStrings: stopping.stopStrings.filter((other) => other !== text) })}
                className="grid size-5 place-items-center rounded text-faint hover:text-danger"
              >
                <X aria-hidden size={12} />
              </button>
            </li>
          ))}
        </ul>
      )}
      <TextField
        label={t('play.addStopString')}
        aria-describedby={hint}
        placeholder={t('play.addStopString')}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && add()}
      />
      <p id={hint} className="text-xs text-faint">
        {t('play.stopStringsHint')}
      </p>
      <Switch label={t('play.ignoreEos')} checked={stopping.ignoreEos} onChange={(ignoreEos) => changeStopping({ ignoreEos })} />
    </div>
  )
}
