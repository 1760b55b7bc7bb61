import { GitFork } from 'lucide-react'
import type { ReactNode } from 'react'
import { formatMilliseconds } from '../../../shared/units'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { tracePointAt } from '../../../shared/model/trace-points'
import { FaultBadge } from '../fault/FaultBadge'
import { FIELD_TITLES } from '../layers/use-layers'
import { tensorName } from '../layers/matrices'
import { visibleToken } from '../play/lane/visible'
import { forkOf, medianStep, sameTokens } from './alignment'
import { NoiseFloor, useFloor } from './NoiseFloor'
import { usePairState } from './pair-state'
import type { Pair } from './use-pair'

/** The comparison in four sentences; each leads to its place. */
export const Verdict = ({ pair }: { readonly pair: Pair }) => {
  const t = useTranslate()
  const field = usePairState((state) => state.field)
  const floor = useFloor(pair)
  const { a, b, difference } = pair
  const fork = forkOf(a, b)
  const same = sameTokens(a, b)
  const first = difference?.first
  const beforeFork = first !== undefined && first.position < fork ? first : undefined
  const compared = difference?.cellsBefore(fork) ?? 0
  const times = [medianStep(a), medianStep(b)] as const
  const go = (position: number, traceIndex?: number): void => {
    const place = traceIndex === undefined ? {} : tracePointAt(traceIndex, a.layerCount)
    useStore.getState().moveCursor({ token: position, ...place, element: undefined })
  }
  return (
    <div className="flex shrink-0 flex-wrap items-stretch gap-x-6 gap-y-2 border-b border-line px-4 py-2">
      <Card
        title={same ? t('compare.sameTokens') : t('compare.fork', { position: String(fork) })}
        {...(same ? {} : { onGo: () => go(fork) })}
      >
        {same ? t('compare.sameTokensText', { count: fork }) : <Fork pair={pair} fork={fork} />}
      </Card>
      {difference !== undefined && beforeFork === undefined && compared > 0 && (
        <Card title={t('compare.identical')}>{t('compare.identicalText', { statistic: t(FIELD_TITLES[field]), count: compared })}</Card>
      )}
      {difference !== undefined && compared === 0 && <Card title={t('compare.nothingShared')}>{t('compare.nothingSharedText')}</Card>}
      {difference !== undefined && beforeFork !== undefined && (
        <Card title={t('compare.firstDifference')} onGo={() => go(beforeFork.position, beforeFork.traceIndex)}>
          {t('compare.cell', {
            tensor: tensorName(beforeFork.traceIndex, a.layerCount),
            position: String(beforeFork.position),
            value: beforeFork.difference.toExponential(1)
          })}{' '}
          {floor !== undefined &&
            t(beforeFork.difference <= (floor[beforeFork.traceIndex] ?? 0) ? 'compare.withinFloor' : 'compare.aboveFloor')}
        </Card>
      )}
      <Card title={t('compare.stepMedian')}>
        <span className="num">
          A {formatTime(times[0])} · B {formatTime(times[1])}
        </span>
        {times[0] > 0 && times[1] > 0 && <span className="ml-2">{t('compare.ratio', { value: (times[1] / times[0]).toFixed(2) })}</span>}
      </Card>
      {[a, b].some(({ detail }) => detail.row.plantedFault === true) && (
        <span className="flex w-full items-center gap-3 text-xs">
          {(
            [
              ['A', a],
              ['B', b]
            ] as const
          ).map(
            ([name, { detail }]) =>
              detail.row.plantedFault === true && (
                <span key={name} className="flex items-center gap-1">
                  {name} <FaultBadge row={detail.row} detail={detail} />
                </span>
              )
          )}
        </span>
      )}
      {!same && (
        <p className="m-0 flex w-full items-center gap-1.5 text-xs text-muted">
          <GitFork aria-hidden size={12} /> {t('compare.afterFork')}
        </p>
      )}
      <NoiseFloor pair={pair} />
    </div>
  )
}

const formatTime = (time: number): string => (Number.isFinite(time) ? formatMilliseconds(time) : '–')

const Fork = ({ pair, fork }: { readonly pair: Pair; readonly fork: number }) => {
  const vocabulary = useStore((state) => state.vocabulary)
  const text = (id: number | undefined) => (id === undefined || id < 0 ? '–' : visibleToken(vocabulary?.text(id) ?? `#${id}`))
  return (
    <span className="num">
      A <bdi className="font-mono">{text(pair.a.ids.values[fork])}</bdi> · B{' '}
      <bdi className="font-mono">{text(pair.b.ids.values[fork])}</bdi>
    </span>
  )
}

const Card = ({ title, onGo, children }: { readonly title: string; readonly onGo?: () => void; readonly children: ReactNode }) => (
  <div>
    <div className="label">{title}</div>
    {onGo === undefined ? (
      <div className="text-sm">{children}</div>
    ) : (
      <button
        type="button"
        onClick={onGo}
        className="rounded text-left text-sm underline decoration-dotted underline-offset-2 hover:text-accent"
      >
        {children}
      </button>
    )}
  </div>
)
