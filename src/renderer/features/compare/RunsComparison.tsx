import { ArrowLeftRight, GitCompareArrows } from 'lucide-react'
import { useEffect } from 'react'
import type { RunRow } from '../../../shared/protocol'
import { useTranslate } from '../../i18n'
import { TRACE_FIELDS } from '../../statistics'
import { useStore } from '../../store'
import { Button, IconButton } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { Select } from '../../ui/Select'
import { Segmented } from '../../ui/Tabs'
import { MODE_TITLES } from '../layers/Toolbar'
import { FIELD_TITLES } from '../layers/use-layers'
import { LAYERS_MODES } from '../layers/view-state'
import { ComparePicture } from './ComparePicture'
import { usePairState } from './pair-state'
import { TokenLane } from './TokenLane'
import { usePair, useRunChoices } from './use-pair'
import { Verdict } from './Verdict'

/** Two runs, token by token and layer by layer. */
export const RunsComparison = () => {
  const t = useTranslate()
  const showView = useStore((state) => state.showView)
  const choices = useRunChoices()
  useLikelyPair(choices)
  if (choices === undefined) return <EmptyState icon={GitCompareArrows} title={t('compare.loading')} />
  if (choices.length < 2) {
    return (
      <EmptyState
        icon={GitCompareArrows}
        title={t('compare.emptyTitle')}
        actions={
          <Button variant="primary" onClick={() => showView('play')}>
            {t('compare.goToPlay')}
          </Button>
        }
      >
        {t('compare.emptyText')}
      </EmptyState>
    )
  }
  return (
    <div className="flex h-full min-h-0 flex-col">
      <Toolbar choices={choices} />
      <Compared />
    </div>
  )
}

/** The shown run against the newest other one with the same prompt, else simply the newest other one. */
function useLikelyPair(choices: readonly RunRow[] | undefined): void {
  const shown = useStore((state) => state.cursor.run)
  const { a, b, change } = usePairState()
  useEffect(() => {
    if (choices === undefined || choices.length < 2) return
    const exists = (id: string | undefined) => choices.some((row) => row.id === id)
    if (exists(a) && exists(b)) return
    const judged = choices.find((row) => row.id === shown) ?? (choices[0] as RunRow)
    const others = choices.filter((row) => row.id !== judged.id)
    const likely = others.find((row) => row.promptPreview === judged.promptPreview) ?? others[0]
    change({ a: likely?.id, b: judged.id })
  }, [choices, shown, a, b, change])
}

const describe = (row: RunRow): string =>
  row.name === '' ? row.textPreview.trim().slice(0, 32) || row.promptPreview.slice(0, 32) : row.name

const Toolbar = ({ choices }: { readonly choices: readonly RunRow[] }) => {
  const t = useTranslate()
  const { a, b, side, field, mode, change, swap } = usePairState()
  const options = choices.map((row) => ({
    value: row.id,
    label: describe(row),
    description: `${row.quantLabel} · ${row.backend} · ${new Date(row.createdAt).toLocaleTimeString()}`
  }))
  return (
    <div
      role="toolbar"
      aria-label={t('compare.pair')}
      className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line px-3 py-1.5"
    >
      <span className="label">A</span>
      <Select
        size="small"
        className="w-44"
        label={t('compare.runA')}
        value={a ?? ''}
        options={options}
        onChange={(next) => change({ a: next })}
      />
      <IconButton size="small" icon={ArrowLeftRight} label={t('compare.swap')} keys="X" onClick={swap} />
      <span className="label">B</span>
      <Select
        size="small"
        className="w-44"
        label={t('compare.runB')}
        value={b ?? ''}
        options={options}
        onChange={(next) => change({ b: next })}
      />
      <Segmented
        label={t('compare.show')}
        value={side}
        onChange={(next) => change({ side: next })}
        options={[
          { value: 'a', label: 'A' },
          { value: 'b', label: 'B' },
          { value: 'difference', label: t('compare.difference') }
        ]}
      />
      <Select
        size="small"
        label={t('layers.statistic')}
        value={field}
        onChange={(next) => change({ field: next })}
        options={TRACE_FIELDS.map((name) => ({ value: name, label: t(FIELD_TITLES[name]) }))}
      />
      <Select
        size="small"
        label={t('layers.mode')}
        value={mode}
        onChange={(next) => change({ mode: next })}
        options={LAYERS_MODES.map((name) => ({ value: name, label: t(MODE_TITLES[name]) }))}
      />
    </div>
  )
}

const Compared = () => {
  const t = useTranslate()
  const pair = usePair()
  const same = usePairState((state) => state.a === state.b)
  if (pair === undefined) return <EmptyState icon={GitCompareArrows} title={t('compare.loading')} />
  const { a, b, difference } = pair
  return (
    <>
      {same && (
        <p role="note" className="m-0 bg-warn-soft px-4 py-1.5 text-sm text-warn">
          {t('compare.sameRun')}
        </p>
      )}
      <Verdict pair={pair} />
      {difference === undefined || difference.end === 0 ? (
        <p role="note" className="m-0 px-4 py-2 text-sm text-muted">
          {a.layerCount === b.layerCount ? t('compare.noStatistics') : t('compare.otherShape', { a: a.layerCount, b: b.layerCount })}
        </p>
      ) : (
        <div className="flex min-h-0 flex-[3] flex-col">
          <ComparePicture pair={pair} difference={difference} />
        </div>
      )}
      <div className="flex min-h-32 flex-[2] border-t border-line">
        <TokenLane pair={pair} />
      </div>
    </>
  )
}
