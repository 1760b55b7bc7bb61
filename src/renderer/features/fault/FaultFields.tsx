import type { LayerPoint } from '../../../shared/model/trace-points'
import { FAULT_KINDS, type FaultKind, type FaultSettings } from '../../../shared/protocol'
import type { PlainMessageKey } from '../../i18n'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { NumberField } from '../../ui/NumberField'
import { Select } from '../../ui/Select'
import { atPoint, indexLimit, NUMBERS_OF, POINTS_OF } from './fault-shape'
import { FAULT_NAMES, plantFault } from './plant'

const TEXTS: Readonly<Record<FaultKind, PlainMessageKey>> = {
  'nan-at-point': 'fault.nanText',
  'scale-weight-row': 'fault.scaleText',
  'drop-k-tile': 'fault.dropText',
  'wrong-rope-base': 'fault.ropeText',
  'stale-kv-slot': 'fault.staleText'
}
const LARGEST_FACTOR = 1e6

/** A fault for the next generation: what, and where in the model. */
export const FaultFields = () => {
  const t = useTranslate()
  const fault = useStore((state) => state.fault)
  const model = useStore((state) => state.model)
  const setFault = useStore((state) => state.setFault)
  if (model === undefined) return <p className="m-0 text-sm text-faint">{t('fault.needsModel')}</p>
  return (
    <>
      <Select<FaultKind | 'none'>
        label={t('fault.kind')}
        value={fault?.kind ?? 'none'}
        onChange={(kind) => (kind === 'none' ? setFault(undefined) : plantFault(kind))}
        options={[
          { value: 'none', label: t('fault.none') },
          ...FAULT_KINDS.map((kind) => ({ value: kind, label: t(FAULT_NAMES[kind]), description: t(TEXTS[kind]) }))
        ]}
      />
      {fault !== undefined && <Place fault={fault} />}
      <p className="m-0 text-xs text-faint">{t('fault.help')}</p>
    </>
  )
}

const Place = ({ fault }: { readonly fault: FaultSettings }) => {
  const t = useTranslate()
  const model = useStore((state) => state.model)
  const setFault = useStore((state) => state.setFault)
  if (model === undefined) return null
  const { config, options } = model
  const change = (part: Partial<FaultSettings>): void => setFault({ ...fault, ...part })
  const limits = {
    position: { title: t('fault.position'), most: options.context - 1 },
    index: {
      title: t(fault.kind === 'scale-weight-row' ? 'fault.row' : fault.kind === 'drop-k-tile' ? 'fault.input' : 'fault.index'),
      most: indexLimit(config, fault) - 1
    },
    count: { title: t('fault.count'), most: indexLimit(config, fault) }
  }
  const points = POINTS_OF[fault.kind]
  return (
    <div className="grid grid-cols-[1fr_auto] items-center gap-x-3 gap-y-1.5 text-sm text-muted">
      <Whole title={t('fault.layer')} value={fault.layer} most={config.layerCount - 1} onChange={(layer) => change({ layer })} />
      {points.length > 1 && (
        <>
          <span>{t('fault.point')}</span>
          <Select<LayerPoint>
            size="small"
            className="justify-self-end"
            label={t('fault.point')}
            value={fault.point}
            options={points.map((point) => ({ value: point, label: point }))}
            onChange={(point) => setFault(atPoint(config, fault, point))}
          />
        </>
      )}
      {NUMBERS_OF[fault.kind].map((name) =>
        name === 'factor' ? (
          <label key={name} className="contents">
            {t('fault.factor')}
            <NumberField
              className="justify-self-end"
              label={t('fault.factor')}
              value={fault.factor}
              min={-LARGEST_FACTOR}
              max={LARGEST_FACTOR}
              step={0.01}
              onChange={(factor) => change({ factor })}
            />
          </label>
        ) : (
          <Whole
            key={name}
            title={limits[name].title}
            value={fault[name]}
            most={limits[name].most}
            onChange={(value) => change({ [name]: value })}
          />
        )
      )}
    </div>
  )
}

interface WholeProps {
  readonly title: string
  readonly value: number
  readonly most: number
  readonly onChange: (value: number) => void
}

const Whole = ({ title, value, most, onChange }: WholeProps) => (
  <label className="contents">
    {title}
    <NumberField
      className="justify-self-end"
      label={title}
      value={value}
      min={0}
      max={most}
      digits={0}
      onChange={(next) => onChange(Math.round(next))}
    />
  </label>
)
