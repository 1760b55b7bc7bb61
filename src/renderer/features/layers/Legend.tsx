import { Lock, LockOpen } from 'lucide-react'
import { memo, type ReactNode } from 'react'
import { formatStatistic } from '../../../shared/units'
import { cssColor } from '../../canvas/color'
import { CELL_COLORS, palette, type PaletteName, type Theme } from '../../canvas/palette'
import type { Scale } from '../../canvas/scale'
import { useTranslate } from '../../i18n'
import { isCountField } from '../../statistics'
import { IconButton } from '../../ui/Button'
import { FIELD_TITLES } from './use-layers'
import { useLayersState } from './view-state'

const SCALE_TITLES = { linear: 'layers.scaleLinear', log: 'layers.scaleLog', symmetric: 'layers.scaleSymmetric' } as const

interface LegendProps {
  readonly scale: Scale
  readonly paletteName: PaletteName
  readonly theme: Theme
}

/** Which colour means which number: unit, scale, domain, and the signs of cells that have none. */
export const Legend = memo(({ scale, paletteName, theme }: LegendProps) => {
  const t = useTranslate()
  const field = useLayersState((state) => state.field)
  const lockedDomain = useLayersState((state) => state.lockedDomain)
  const change = useLayersState((state) => state.change)
  const count = isCountField(field)
  const locked = lockedDomain !== undefined
  const stops = palette(paletteName, theme)
    .colors.filter((_, step) => step % 15 === 0)
    .map((color) => cssColor(color))
  const ticks = spread(scale)
  return (
    <div
      role="group"
      aria-label={t('layers.legend')}
      className="flex flex-wrap items-start gap-x-6 gap-y-1.5 border-t border-line px-3 py-2 text-xs"
    >
      <div className="flex items-start gap-3">
        <div className="mx-3 w-72">
          <div
            className="h-2.5 rounded-sm forced-color-adjust-none"
            style={{ background: `linear-gradient(to right, ${stops.join(',')})` }}
          />
          <div className="num relative h-4 text-muted">
            {ticks.map(({ value, at }) => (
              <span key={value} className="absolute -translate-x-1/2 whitespace-nowrap" style={{ left: `${at * 100}%` }}>
                {formatTick(value)}
              </span>
            ))}
          </div>
        </div>
        <IconButton
          size="small"
          icon={locked ? Lock : LockOpen}
          label={t(locked ? 'layers.unlockDomain' : 'layers.lockDomain')}
          aria-pressed={locked}
          onClick={() => change({ lockedDomain: locked ? undefined : scale.domain })}
        />
      </div>
      <div className="min-w-0 leading-4">
        <div className="font-medium">
          {t('layers.legendText', {
            statistic: t(FIELD_TITLES[field]),
            unit: t(count ? 'layers.unitCount' : 'layers.unitValue'),
            scale: t(SCALE_TITLES[scale.kind])
          })}
        </div>
        <div className="text-muted">
          {t(locked ? 'layers.legendDomainLocked' : count ? 'layers.legendDomainCount' : 'layers.legendDomain')} ·{' '}
          {t('layers.legendPooled')}
        </div>
      </div>
      <Keys theme={theme} />
    </div>
  )
})
Legend.displayName = 'Legend'

const formatTick = (value: number): string => {
  const size = Math.abs(value)
  return size !== 0 && (size >= 1e5 || size < 1e-3) ? value.toExponential(0) : formatStatistic(Number(value.toPrecision(3)))
}

/** Both ends of the domain and the round numbers between that have room. */
function spread(scale: Scale): readonly { readonly value: number; readonly at: number }[] {
  const kept: { value: number; at: number }[] = [
    { value: scale.domain.low, at: 0 },
    { value: scale.domain.high, at: 1 }
  ]
  for (const value of scale.ticks(5)) {
    const at = scale.position(value)
    if (at > 0 && at < 1 && kept.every((other) => Math.abs(other.at - at) > 0.17)) kept.push({ value, at })
  }
  return kept.sort((a, b) => a.at - b.at)
}

const Keys = ({ theme }: { readonly theme: Theme }) => {
  const t = useTranslate()
  const colors = CELL_COLORS[theme]
  return (
    <ul className="flex flex-wrap items-center gap-x-3 gap-y-1 text-muted">
      <Key label={t('layers.keyNan')} fill={cssColor(colors.nan)}>
        <text x="6" y="9.2" fontSize="9" fontWeight="700" textAnchor="middle" fill={cssColor(colors.background)}>
          N
        </text>
      </Key>
      <Key label={t('layers.keyInfinity')} fill={cssColor(colors.infinity)}>
        <path d="M3 6.5 6 2l3 4.5Z" fill={cssColor(colors.background)} />
      </Key>
      <Key label={t('layers.keySaturated')} fill={cssColor(colors.faint)}>
        <path d="M12 0v7L5 0Z" fill={cssColor(colors.saturated)} />
      </Key>
      <Key label={t('layers.keyNotCaptured')} fill="none">
        <circle cx="6" cy="6" r="1.3" fill={cssColor(colors.text)} />
      </Key>
      <Key label={t('layers.keyNotApplicable')} fill="none">
        <path d="M3 6h6" stroke={cssColor(colors.text)} />
      </Key>
    </ul>
  )
}

const Key = ({ label, fill, children }: { readonly label: string; readonly fill: string; readonly children: ReactNode }) => (
  <li className="inline-flex items-center gap-1.5">
    <svg aria-hidden="true" width="12" height="12" viewBox="0 0 12 12" className="rounded-[2px] border border-line">
      <rect width="12" height="12" fill={fill} />
      {children}
    </svg>
    {label}
  </li>
)
