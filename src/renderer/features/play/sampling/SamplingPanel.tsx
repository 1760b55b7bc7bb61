import { X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { fromAnyNumber } from '../../../../shared/protocol'
import { useTranslate } from '../../../i18n'
import { useStore } from '../../../store'
import { IconButton } from '../../../ui/Button'
import { NumberField } from '../../../ui/NumberField'
import { Switch } from '../../../ui/Switch'
import { Segmented } from '../../../ui/Tabs'
import { FaultFields } from '../../fault/FaultFields'
import { visibleToken } from '../lane/visible'
import { Chain } from './Chain'
import { Knob } from './Knob'
import { KNOBS } from './knob-table'
import { PresetBar } from './PresetBar'
import { BUILT_IN_PRESETS } from './presets'
import { SeedField } from './SeedField'
import { StoppingFields } from './StoppingFields'

const Section = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => (
  <section className="flex flex-col gap-1.5 border-t border-line px-3 py-3 first:border-t-0">
    <h2 className="overline">{title}</h2>
    {children}
  </section>
)

const BiasList = () => {
  const t = useTranslate()
  const biases = useStore((state) => state.sampling.logitBias)
  const vocabulary = useStore((state) => state.vocabulary)
  const changeSampling = useStore((state) => state.changeSampling)
  if (biases.length === 0) return <p className="text-sm text-faint">{t('play.biasNone')}</p>
  return (
    <ul className="flex flex-col gap-0.5">
      {biases.map(({ id, bias }) => {
        const token = visibleToken(vocabulary?.text(id) ?? `#${id}`)
        return (
          <li key={id} className="flex h-6 items-center gap-2">
            <bdi className="min-w-0 flex-1 truncate font-mono text-sm">{token}</bdi>
            {fromAnyNumber(bias) === -Infinity ? (
              <span className="text-sm text-danger">{t('play.banned')}</span>
            ) : (
              <NumberField
                label={t('play.biasOf', { token })}
                value={fromAnyNumber(bias)}
                step={0.5}
                onChange={(value) => changeSampling({ logitBias: biases.map((other) => (other.id === id ? { id, bias: value } : other)) })}
              />
            )}
            <IconButton
              size="small"
              icon={X}
              label={t('play.removeBias', { token })}
              onClick={() => changeSampling({ logitBias: biases.filter((other) => other.id !== id) })}
            />
          </li>
        )
      })}
    </ul>
  )
}

const CaptureFields = () => {
  const t = useTranslate()
  const capture = useStore((state) => state.capture)
  const changeCapture = useStore((state) => state.changeCapture)
  return (
    <>
      <Segmented
        label={t('play.capture')}
        value={capture.level}
        onChange={(level) => changeCapture({ level })}
        options={[
          { value: 'off', label: t('play.captureOff') },
          { value: 'logits', label: t('play.captureLogits') },
          { value: 'stats', label: t('play.captureStats') }
        ]}
      />
      <Switch label={t('play.timings')} checked={capture.timings} onChange={(timings) => changeCapture({ timings })} />
      <label className="flex items-center justify-between gap-2 text-sm">
        {t('play.candidates')}
        <NumberField
          label={t('play.candidates')}
          value={capture.candidates}
          min={0}
          max={64}
          digits={0}
          onChange={(candidates) => changeCapture({ candidates: Math.round(candidates) })}
        />
      </label>
      <p className="text-xs text-faint">{t('play.captureHint')}</p>
    </>
  )
}

/** Every knob of the sampler. Dots mark what differs from the preset chosen last. */
export const SamplingPanel = () => {
  const t = useTranslate()
  const [presetId, setPresetId] = useState('story')
  const own = useStore((state) => state.hostSettings?.presets)
  const reference =
    BUILT_IN_PRESETS.find((preset) => preset.id === presetId)?.sampling ??
    own?.find((preset) => `own:${preset.name}` === presetId)?.sampling ??
    (BUILT_IN_PRESETS[0] as (typeof BUILT_IN_PRESETS)[number]).sampling
  return (
    <div className="pb-4" data-testid="sampling">
      <Section title={t('play.presets')}>
        <PresetBar onPreset={setPresetId} />
      </Section>
      <Section title={t('play.sampling')}>
        {KNOBS.map((definition) => (
          <Knob key={definition.knob} definition={definition} reference={reference[definition.knob]} />
        ))}
        <SeedField />
      </Section>
      <Section title={t('play.chain')}>
        <p className="text-xs text-faint">{t('play.chainHint')}</p>
        <Chain />
      </Section>
      <Section title={t('play.stageBias')}>
        <BiasList />
      </Section>
      <Section title={t('play.stopping')}>
        <StoppingFields />
      </Section>
      <Section title={t('play.capture')}>
        <CaptureFields />
      </Section>
      <Section title={t('fault.title')}>
        <FaultFields />
      </Section>
    </div>
  )
}
