import { FlaskConical } from 'lucide-react'
import type { SamplingMessage } from '../../../shared/protocol'
import { useTranslate } from '../../i18n'
import { Button } from '../../ui/Button'
import { NumberField } from '../../ui/NumberField'
import { Slider } from '../../ui/Slider'
import { KNOBS } from '../play/sampling/knob-table'

interface WhatIfKnobsProps {
  readonly sampling: SamplingMessage
  readonly recorded: SamplingMessage
  readonly milliseconds: number
  readonly onChange: (sampling: SamplingMessage) => void
}

/** Knobs of a supposition: they change neither the record nor the next generation. */
export const WhatIfKnobs = ({ sampling, recorded, milliseconds, onChange }: WhatIfKnobsProps) => {
  const t = useTranslate()
  return (
    <section aria-label={t('logits.whatIf')} className="rounded-lg border border-dashed border-warn p-3" data-testid="what-if">
      <header className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3 className="inline-flex items-center gap-1.5 font-semibold text-warn">
          <FlaskConical aria-hidden size={14} />
          {t('logits.whatIfTitle')}
        </h3>
        <p className="m-0 text-sm text-muted">{t('logits.whatIfText', { time: milliseconds.toFixed(1) })}</p>
        <Button size="small" className="ml-auto" disabled={sampling === recorded} onClick={() => onChange(recorded)}>
          {t('logits.whatIfReset')}
        </Button>
      </header>
      <div className="grid grid-cols-[repeat(auto-fill,minmax(18rem,1fr))] gap-x-6 gap-y-1">
        {KNOBS.map((definition) => {
          const name = t(definition.name)
          const change = (value: number): void =>
            onChange({ ...sampling, [definition.knob]: definition.digits === 0 ? Math.round(value) : value })
          return (
            <div key={definition.knob} className="grid grid-cols-[6.5rem_1fr_4rem] items-center gap-2">
              <span className={sampling[definition.knob] === recorded[definition.knob] ? 'text-sm text-muted' : 'text-sm font-medium'}>
                {name}
              </span>
              <Slider
                label={`${t('logits.whatIf')}: ${name}`}
                value={sampling[definition.knob]}
                min={definition.slider[0]}
                max={definition.slider[1]}
                step={definition.step}
                onChange={change}
              />
              <NumberField
                label={`${t('logits.whatIf')}: ${name}`}
                value={sampling[definition.knob]}
                min={definition.entry[0]}
                max={definition.entry[1]}
                step={definition.step}
                digits={definition.digits}
                onChange={change}
                className="w-full"
              />
            </div>
          )
        })}
      </div>
    </section>
  )
}
