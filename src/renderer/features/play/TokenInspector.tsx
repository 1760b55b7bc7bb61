import { MousePointerClick, Table2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { bitsFigure, logitFigure, shareFigure } from '../../../shared/figures'
import { formatMilliseconds } from '../../../shared/units'
import { openLogits } from '../../actions/logits'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { bytesHex } from '../../store/vocabulary'
import { useRunColumns, useRunVocabulary } from '../../store/use-run'
import { Badge } from '../../ui/Badge'
import { Button } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { Tooltip } from '../../ui/Tooltip'
import { Alternatives } from './Alternatives'
import { visibleToken } from './lane/visible'
import { tokenFacts } from './token-facts'

const Fact = ({ name, children }: { readonly name: string; readonly children: ReactNode }) => (
  <div className="flex items-baseline justify-between gap-3 border-b border-line/60 py-1 last:border-0">
    <dt className="text-sm text-muted">{name}</dt>
    <dd className="num truncate text-sm">{children}</dd>
  </div>
)

/** Everything known about the chosen token; each number says at which stage it was taken. */
export const TokenInspector = () => {
  const t = useTranslate()
  const columns = useRunColumns('chart')
  const token = useStore((state) => state.cursor.token)
  const vocabulary = useRunVocabulary(columns)
  if (columns === undefined || token === undefined || token >= columns.tokenCount)
    return (
      <EmptyState icon={MousePointerClick} title={t('play.noToken')}>
        {t('play.noTokenHint')}
      </EmptyState>
    )
  const facts = tokenFacts(columns, token)
  const text = vocabulary?.text(facts.id) ?? columns.texts[token] ?? ''
  const bits = (value: number) => t('play.bits', { value: bitsFigure(value) })
  return (
    <div className="flex flex-col gap-4 p-3" data-testid="token-inspector">
      <header>
        <div className="flex items-center gap-2">
          <bdi className="min-w-0 truncate rounded-md border border-line bg-sunken px-2 py-0.5 font-mono text-xl font-semibold">
            {visibleToken(text)}
          </bdi>
          {facts.nanCount > 0 && <Badge tone="danger">{t('play.logitNan', { count: facts.nanCount })}</Badge>}
        </div>
        <p className="num mt-1.5 text-sm text-muted">
          {t('play.position')} {token} · {t('play.id')} {facts.id} ·{' '}
          <span className="font-mono text-xs">{bytesHex(vocabulary?.bytes(facts.id) ?? new TextEncoder().encode(text))}</span>
        </p>
      </header>
      {facts.judged ? (
        <>
          <section className="flex flex-col gap-1">
            <h2 className="flex items-baseline justify-between">
              <span className="font-semibold">{t('play.alternatives')}</span>
            </h2>
            <p className="text-xs text-faint">{t('play.alternativesStage')}</p>
            <Alternatives columns={columns} facts={facts} />
            <Tooltip text={t('play.fullTable', { count: vocabulary?.count ?? 0 })} keys="Mod+L">
              <Button icon={Table2} className="mt-1 self-start" onClick={openLogits} data-testid="open-logits">
                {t('play.fullTable', { count: vocabulary?.count ?? 0 })}
              </Button>
            </Tooltip>
          </section>
          <dl>
            <Fact name={t('play.probabilityRaw')}>{shareFigure(facts.probability)}</Fact>
            <Fact name={t('play.drawnWith')}>{shareFigure(facts.drawnWith)}</Fact>
            <Fact name={t('play.rank')}>{facts.rank + 1}</Fact>
            <Fact name={t('play.surprisal')}>{bits(facts.surprisalBits)}</Fact>
            <Fact name={t('play.entropy')}>{bits(facts.entropyBits)}</Fact>
            <Fact name={t('play.margin')}>{logitFigure(facts.margin)}</Fact>
            <Fact name={t('play.logit')}>{logitFigure(facts.logit)}</Fact>
            <Fact name={t('play.stepTime')}>{Number.isNaN(facts.stepMilliseconds) ? '–' : formatMilliseconds(facts.stepMilliseconds)}</Fact>
          </dl>
        </>
      ) : (
        <p className="text-muted">{token < columns.promptCount ? t('play.notJudged') : t('play.notCaptured')}</p>
      )}
    </div>
  )
}
