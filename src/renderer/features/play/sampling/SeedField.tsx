import { useState } from 'react'
import { useTranslate } from '../../../i18n'
import { useStore } from '../../../store'
import { Button } from '../../../ui/Button'
import { Segmented } from '../../../ui/Tabs'
import { TextField } from '../../../ui/TextField'
import { useShownRun } from '../../../store/use-run'

const SEED = /^\d{1,20}$/
const isSeed = (text: string) => SEED.test(text) && BigInt(text) <= 0xffff_ffff_ffff_ffffn

/** The seed: new for every generation, or one that is kept. The last one used can always be taken again. */
export const SeedField = () => {
  const t = useTranslate()
  const seed = useStore((state) => state.sampling.seed)
  const mode = useStore((state) => state.seedMode)
  const setMode = useStore((state) => state.setSeedMode)
  const changeSampling = useStore((state) => state.changeSampling)
  const last = useShownRun()?.detail.settings.sampling.seed
  const [draft, setDraft] = useState<string | undefined>(undefined)
  const commit = () => {
    if (draft !== undefined && isSeed(draft)) {
      changeSampling({ seed: draft })
      setMode('fixed')
    }
    setDraft(undefined)
  }
  return (
    <div className="flex flex-col gap-1.5">
      <div className="flex items-center gap-2">
        <span className="w-[6.75rem] pl-3 text-sm">{t('play.seed')}</span>
        <TextField
          label={t('play.seed')}
          inputMode="numeric"
          value={draft ?? seed}
          invalid={draft !== undefined && !isSeed(draft)}
          onChange={(event) => setDraft(event.target.value.trim())}
          onBlur={commit}
          onKeyDown={(event) => event.key === 'Enter' && commit()}
          className="num h-6! flex-1 text-sm"
        />
      </div>
      <div className="flex items-center gap-2 pl-3">
        <Segmented
          label={t('play.seedMode')}
          value={mode}
          onChange={setMode}
          options={[
            { value: 'random', label: t('play.seedRandom') },
            { value: 'fixed', label: t('play.seedFixed') }
          ]}
        />
        <Button
          size="small"
          disabled={last === undefined}
          onClick={() => {
            if (last === undefined) return
            changeSampling({ seed: last })
            setMode('fixed')
          }}
        >
          {t('play.seedReuse')}
        </Button>
      </div>
    </div>
  )
}
