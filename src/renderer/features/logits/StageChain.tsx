import { ChevronRight } from 'lucide-react'
import { shareFigure } from '../../../shared/figures'
import type { SamplerStage } from '../../../shared/model/sampling'
import type { SamplerExplanation } from '../../../shared/protocol'
import { useTranslate } from '../../i18n'
import { cx } from '../../ui/classes'
import { STAGE_NAMES } from '../play/sampling/knob-table'

export const useStageName = (): ((stage: string) => string) => {
  const t = useTranslate()
  return (stage) => (stage === 'input' ? t('logits.vocabulary') : stage in STAGE_NAMES ? t(STAGE_NAMES[stage as SamplerStage]) : stage)
}

/** The chain from the whole vocabulary to what could be drawn: who removed how many, and how much probability with them. */
export const StageChain = ({ explanation }: { readonly explanation: SamplerExplanation }) => {
  const t = useTranslate()
  const stageName = useStageName()
  return (
    <ol aria-label={t('logits.stages')} className="flex flex-wrap items-stretch gap-1" data-testid="stages">
      {explanation.stages.map((stage, index) => {
        const removed = stage.survivorsBefore - stage.survivorsAfter
        return (
          <li key={`${stage.stage}-${index}`} className="flex items-center gap-1">
            {index > 0 && <ChevronRight aria-hidden size={12} className="text-faint" />}
            <div
              title={stage.note}
              className={cx(
                'rounded-md border px-2 py-1',
                stage.active ? 'border-line-strong/60 bg-surface' : 'border-dashed border-line text-faint'
              )}
            >
              <p className="text-sm font-medium">{stageName(stage.stage)}</p>
              <p className="num text-xs text-muted">
                {stage.active ? t('logits.survivors', { count: stage.survivorsAfter }) : t('play.off')}
              </p>
              {stage.active && stage.stage !== 'input' && (
                <p className="num text-xs text-faint">
                  {removed === 0 ? t('logits.untouched') : t('logits.removed', { count: removed, mass: shareFigure(stage.massRemoved) })}
                </p>
              )}
            </div>
          </li>
        )
      })}
    </ol>
  )
}
