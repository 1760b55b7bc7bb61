import { ArrowDown, ArrowUp, Eye, EyeOff, GripVertical } from 'lucide-react'
import { useState } from 'react'
import { SAMPLER_STAGES, type SamplerStage } from '../../../../shared/model/sampling'
import { useTranslate } from '../../../i18n'
import { useStore } from '../../../store'
import { IconButton } from '../../../ui/Button'
import { cx } from '../../../ui/classes'
import { moveStage, STAGE_NAMES, stageActs } from './knob-table'

/** The sampler stages in the order they run: dragged, or moved by buttons; each can be taken out. */
export const Chain = () => {
  const t = useTranslate()
  const sampling = useStore((state) => state.sampling)
  const changeSampling = useStore((state) => state.changeSampling)
  const [dragged, setDragged] = useState<SamplerStage | undefined>(undefined)
  const { order } = sampling
  const muted = SAMPLER_STAGES.filter((stage) => !order.includes(stage))
  const setOrder = (next: readonly SamplerStage[]) => changeSampling({ order: [...next] })
  const dropOn = (target: SamplerStage) => {
    if (dragged !== undefined && dragged !== target) setOrder(moveStage(order, dragged, order.indexOf(target) - order.indexOf(dragged)))
    setDragged(undefined)
  }
  return (
    <>
      <ol className="flex flex-col gap-0.5" aria-label={t('play.chain')}>
        {order.map((stage, index) => {
          const name = t(STAGE_NAMES[stage])
          const acts = stageActs(stage, sampling)
          return (
            <li
              key={stage}
              draggable
              onDragStart={() => setDragged(stage)}
              onDragOver={(event) => event.preventDefault()}
              onDrop={() => dropOn(stage)}
              onDragEnd={() => setDragged(undefined)}
              className={cx(
                'group flex h-7 items-center gap-1.5 rounded-md border border-line bg-surface pr-0.5 pl-1',
                dragged === stage && 'opacity-40'
              )}
            >
              <GripVertical aria-hidden size={12} className="cursor-grab text-faint" />
              <span className="num w-3 text-xs text-faint">{index + 1}</span>
              <span className={cx('truncate text-sm', !acts && 'text-faint')}>{name}</span>
              {!acts && <span className="text-xs text-faint">{t('play.off')}</span>}
              <span className="ml-auto flex">
                <IconButton
                  size="small"
                  icon={ArrowUp}
                  label={t('play.moveUp', { name })}
                  disabled={index === 0}
                  onClick={() => setOrder(moveStage(order, stage, -1))}
                />
                <IconButton
                  size="small"
                  icon={ArrowDown}
                  label={t('play.moveDown', { name })}
                  disabled={index === order.length - 1}
                  onClick={() => setOrder(moveStage(order, stage, 1))}
                />
                <IconButton
                  size="small"
                  icon={Eye}
                  label={t('play.mute', { name })}
                  onClick={() => setOrder(order.filter((other) => other !== stage))}
                />
              </span>
            </li>
          )
        })}
      </ol>
      {muted.length > 0 && (
        <ul className="mt-0.5 flex flex-col gap-0.5" aria-label={t('play.muted')}>
          {muted.map((stage) => (
            <li key={stage} className="flex h-7 items-center gap-1.5 rounded-md border border-dashed border-line pr-0.5 pl-6 text-faint">
              <span className="truncate text-sm line-through">{t(STAGE_NAMES[stage])}</span>
              <span className="text-xs">{t('play.muted')}</span>
              <span className="ml-auto">
                <IconButton
                  size="small"
                  icon={EyeOff}
                  label={t('play.unmute', { name: t(STAGE_NAMES[stage]) })}
                  onClick={() => setOrder([...order, stage])}
                />
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
