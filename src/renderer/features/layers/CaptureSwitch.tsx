import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { Segmented } from '../../ui/Tabs'
import { Tooltip } from '../../ui/Tooltip'
import { captureCost } from './capture-cost'

/** How much of a run is kept, with what that costs on this machine. */
export const CaptureSwitch = () => {
  const t = useTranslate()
  const capture = useStore((state) => state.capture)
  const changeCapture = useStore((state) => state.changeCapture)
  const runs = useStore((state) => state.runs)
  const model = useStore((state) => state.model)
  const cost = model === undefined ? undefined : captureCost(Object.values(runs), model.path, model.backend)
  const change = cost === undefined ? '' : `${cost.slowdown > 0 ? '−' : '+'}${Math.abs(cost.slowdown * 100).toFixed(1)} %`
  const detail =
    cost === undefined
      ? t('layers.captureCostUnknown')
      : t('layers.captureCost', {
          with: cost.withStatistics.toFixed(1),
          without: cost.without.toFixed(1),
          change,
          countWith: cost.runsWith,
          countWithout: cost.runsWithout,
          backend: model?.backend ?? ''
        })
  return (
    <div className="flex items-center gap-2">
      <span className="label">{t('layers.capture')}</span>
      <Segmented
        label={t('layers.capture')}
        value={capture.level}
        onChange={(level) => changeCapture({ level })}
        options={[
          { value: 'off', label: t('layers.levelOff') },
          { value: 'logits', label: t('layers.levelLogits') },
          { value: 'stats', label: t('layers.levelStats') }
        ]}
      />
      <Tooltip text={`${detail} ${t('layers.captureApplies')}`}>
        <button
          type="button"
          className="num cursor-help text-xs whitespace-nowrap text-muted underline decoration-dotted underline-offset-2"
        >
          {cost === undefined ? t('layers.captureCostUnknownShort') : change}
        </button>
      </Tooltip>
    </div>
  )
}
