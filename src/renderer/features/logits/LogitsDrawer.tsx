import { ChevronLeft, ChevronRight } from 'lucide-react'
import { Suspense, useDeferredValue, useMemo, useState } from 'react'
import { bitsFigure, logitFigure } from '../../../shared/figures'
import type { SamplingMessage } from '../../../shared/protocol'
import { useTranslate, useWholeNumber } from '../../i18n'
import { useStore } from '../../store'
import { useRunColumns, useRunVocabulary } from '../../store/use-run'
import { Badge } from '../../ui/Badge'
import { IconButton } from '../../ui/Button'
import { Drawer } from '../../ui/Dialog'
import { slot } from '../../ui/slot'
import { Segmented } from '../../ui/Tabs'
import { visibleToken } from '../play/lane/visible'
import { tokenDisplay } from '../play/token-facts'
import { LogitTable } from './LogitTable'
import { orderByValue } from './order'
import { StageChain } from './StageChain'
import { type Explanation, useExplanation } from './use-explanation'
import { useWhatIf } from './use-what-if'
import { WhatIfKnobs } from './WhatIfKnobs'

export { warmUp } from './order'

const HEAD_ROWS = 20
// The table comes first; the chart's library follows.
const HeadChart = slot(async () => (await import('./HeadChart')).HeadChart)

const Figure = ({ name, value, bad = false }: { readonly name: string; readonly value: string; readonly bad?: boolean }) => (
  <div className="flex flex-col">
    <dt className="label">{name}</dt>
    <dd className={`num text-base ${bad ? 'font-semibold text-danger' : ''}`}>{value}</dd>
  </div>
)

const Figures = ({ explanation }: { readonly explanation: Explanation }) => {
  const t = useTranslate()
  const whole = useWholeNumber()
  const { logits } = explanation.arrays
  const margin = useMemo(() => {
    let first = -Infinity
    let second = -Infinity
    for (const logit of logits)
      if (logit > first) {
        second = first
        first = logit
      } else if (logit > second) second = logit
    return first - second
  }, [logits])
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-2">
      <Figure name={t('logits.entropy')} value={t('play.bits', { value: bitsFigure(Number(explanation.entropyNats) / Math.LN2) })} />
      <Figure name={t('logits.margin')} value={logitFigure(margin)} />
      <Figure name={t('logits.logSumExp')} value={logitFigure(Number(explanation.logSumExp))} />
      <Figure name={t('logits.vocabulary')} value={whole(explanation.vocabularySize)} />
      <Figure name={t('logits.nan')} value={whole(explanation.nanCount)} bad={explanation.nanCount > 0} />
    </dl>
  )
}

/** The full vocabulary at one generated token: logit, scaled, filtered, probability, and who removed what. */
export const LogitsDrawer = () => {
  const t = useTranslate()
  const columns = useRunColumns('chart')
  const vocabulary = useRunVocabulary(columns)
  const token = useStore((state) => state.cursor.token)
  const moveCursor = useStore((state) => state.moveCursor)
  const setOverlay = useStore((state) => state.setOverlay)
  const knobs = useStore((state) => state.sampling)
  const [settings, setSettings] = useState<'run' | 'knobs' | 'what-if'>('run')
  const runId = columns?.detail.row.id
  const told = useExplanation(runId, (token ?? 0) - 1, settings === 'knobs' ? knobs : undefined)
  const { error, milliseconds } = told
  const recordedSampling = columns?.detail.settings.sampling
  const [supposedSampling, setSupposedSampling] = useState<SamplingMessage | undefined>(undefined)
  const sampling = supposedSampling ?? recordedSampling
  const supposed = useWhatIf(told.explanation, columns, settings === 'what-if' ? sampling : undefined)
  const explanation = supposed?.explanation ?? told.explanation

  const byLogit = useMemo(() => (explanation === undefined ? undefined : orderByValue(explanation.arrays.logits, true)), [explanation])
  const charted = useDeferredValue(byLogit)
  const head = useMemo(() => {
    if (explanation === undefined || charted?.length !== explanation.arrays.logits.length) return []
    const { logits, probability } = explanation.arrays
    const logSumExp = Number(explanation.logSumExp)
    return Array.from(charted.subarray(0, HEAD_ROWS), (id) => ({
      id,
      text: vocabulary?.text(id) ?? `#${id}`,
      model: Math.exp((logits[id] as number) - logSumExp),
      after: probability[id] as number
    }))
  }, [explanation, charted, vocabulary])

  if (columns === undefined || runId === undefined || token === undefined || token < 1) return null
  const name = (id: number) => visibleToken(vocabulary?.text(id) ?? `#${id}`)
  const chosen = visibleToken(tokenDisplay(columns, vocabulary, token).text)
  const would = explanation?.wouldChooseId
  return (
    <Drawer
      open
      onOpenChange={() => setOverlay('none')}
      title={t('logits.title')}
      description={t('logits.subtitle', { position: String(token), token: chosen })}
      closeLabel={t('app.close')}
    >
      <div className="flex h-full flex-col gap-4" data-testid="logits" data-milliseconds={milliseconds.toFixed(1)}>
        <div className="flex flex-wrap items-center gap-3">
          <span className="flex gap-1">
            <IconButton
              variant="secondary"
              icon={ChevronLeft}
              label={t('logits.previous')}
              disabled={token <= columns.promptCount}
              onClick={() => moveCursor({ token: token - 1 })}
            />
            <IconButton
              variant="secondary"
              icon={ChevronRight}
              label={t('logits.next')}
              disabled={token >= columns.tokenCount - 1}
              onClick={() => moveCursor({ token: token + 1 })}
            />
          </span>
          <span className="text-sm text-muted">{t('logits.settingsOf')}</span>
          <Segmented
            label={t('logits.settingsOf')}
            value={settings}
            onChange={setSettings}
            options={[
              { value: 'run', label: t('logits.asGenerated') },
              { value: 'knobs', label: t('logits.asKnobs') },
              { value: 'what-if', label: t('logits.whatIf') }
            ]}
          />
          {explanation !== undefined && (
            <Badge tone={explanation.source === 'captured' ? 'ok' : 'neutral'} className="ml-auto">
              {explanation.source === 'captured' ? t('logits.sourceCaptured') : t('logits.sourceAgain')}
            </Badge>
          )}
        </div>
        {error !== undefined && (
          <p role="alert" className="rounded-md bg-danger-soft p-3 text-danger">
            {error.message} {error.hint}
          </p>
        )}
        {explanation === undefined || byLogit === undefined ? (
          error === undefined && <p className="text-faint">{t('logits.loading')}</p>
        ) : (
          <>
            {supposed !== undefined && sampling !== undefined && recordedSampling !== undefined && (
              <WhatIfKnobs
                sampling={sampling}
                recorded={recordedSampling}
                milliseconds={supposed.milliseconds}
                onChange={setSupposedSampling}
              />
            )}
            <Figures explanation={explanation} />
            <StageChain explanation={explanation} />
            {would !== undefined && settings !== 'run' && (
              <p className="text-sm text-muted">
                {would === explanation.chosenId ? t('logits.wouldSame') : t('logits.wouldChoose', { token: name(would) })}
              </p>
            )}
            <div className="h-44">
              <Suspense fallback={null}>{head.length > 0 && <HeadChart rows={head} />}</Suspense>
            </div>
            <LogitTable key={token} explanation={explanation} byLogit={byLogit} runId={runId} position={token} />
          </>
        )}
      </div>
    </Drawer>
  )
}
