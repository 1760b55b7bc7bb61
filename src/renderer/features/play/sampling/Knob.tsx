import { RotateCcw } from 'lucide-react'
import { useTranslate } from '../../../i18n'
import { useStore } from '../../../store'
import { IconButton } from '../../../ui/Button'
import { cx } from '../../../ui/classes'
import { NumberField } from '../../../ui/NumberField'
import { Slider } from '../../../ui/Slider'
import { Tooltip } from '../../../ui/Tooltip'
import type { KnobDefinition } from './knob-table'

/** A knob: name, slider, exact entry; a mark and a way back when it differs from the preset. */
export const Knob = ({ definition, reference }: { readonly definition: KnobDefinition; readonly reference: number }) => {
  const t = useTranslate()
  const value = useStore((state) => state.sampling[definition.knob])
  const inChain = useStore((state) => state.sampling.order.includes(definition.stage))
  const changeSampling = useStore((state) => state.changeSampling)
  const name = t(definition.name)
  const changed = value !== reference
  const neutral = value === definition.neutral
  const change = (next: number) => changeSampling({ [definition.knob]: next })
  return (
    <div className={cx('grid grid-cols-[6.75rem_minmax(3rem,1fr)_3.75rem_1.5rem] items-center gap-2', !inChain && 'opacity-50')}>
      <Tooltip text={inChain ? t(definition.help) : t('play.muted')} side="left">
        <span className={cx('flex items-center gap-1.5 truncate text-sm', neutral ? 'text-faint' : 'text-text')}>
          <span aria-hidden className={cx('size-1.5 shrink-0 rounded-full', changed ? 'bg-accent' : 'bg-transparent')} />
          <span className="truncate">{name}</span>
          {changed && <span className="sr-only">({t('play.changed')})</span>}
        </span>
      </Tooltip>
      <Slider label={name} value={value} min={definition.slider[0]} max={definition.slider[1]} step={definition.step} onChange={change} />
      <NumberField
        label={name}
        value={value}
        min={definition.entry[0]}
        max={definition.entry[1]}
        step={definition.step}
        digits={definition.digits}
        onChange={(next) => change(definition.digits === 0 ? Math.round(next) : next)}
        className="w-full"
      />
      {changed ? (
        <IconButton
          size="small"
          icon={RotateCcw}
          label={t('play.reset', { name, value: String(reference) })}
          onClick={() => change(reference)}
        />
      ) : (
        <span />
      )}
    </div>
  )
}
