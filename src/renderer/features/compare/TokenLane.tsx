import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { VirtualTable } from '../../ui/VirtualTable'
import { tokenLabel } from '../layers/use-layers'
import { forkOf } from './alignment'
import type { Pair } from './use-pair'

/** Both texts side by side, one token a row: which differ, how sure each run was, how long each step took. */
export const TokenLane = ({ pair }: { readonly pair: Pair }) => {
  const t = useTranslate()
  const token = useStore((state) => state.cursor.token)
  const moveCursor = useStore((state) => state.moveCursor)
  const { a, b } = pair
  const fork = forkOf(a, b)
  const rows = Math.max(a.tokenCount, b.tokenCount)
  return (
    <VirtualTable
      label={t('compare.textLane')}
      columns={[
        { id: 'position', title: t('compare.position'), width: '4.5rem', numeric: true },
        { id: 'a', title: 'A', width: 'minmax(6rem,1fr)' },
        { id: 'sign', title: '', width: '2rem' },
        { id: 'b', title: 'B', width: 'minmax(6rem,1fr)' },
        { id: 'delta', title: t('compare.logProbability'), width: '6rem', numeric: true },
        { id: 'stepA', title: t('compare.stepA'), width: '5rem', numeric: true },
        { id: 'stepB', title: t('compare.stepB'), width: '5rem', numeric: true }
      ]}
      rowCount={rows}
      selected={token ?? -1}
      onSelect={(row) => moveCursor({ token: row, element: undefined })}
      {...(token === undefined ? {} : { scrollToRow: token })}
      cell={(row, column) => {
        if (column === 'position') return row
        if (column === 'a') return <bdi className="num">{tokenLabel(a, row)}</bdi>
        if (column === 'b') return <bdi className="num">{tokenLabel(b, row)}</bdi>
        if (column === 'sign')
          return a.ids.values[row] === b.ids.values[row] ? null : (
            <span role="img" aria-label={t('compare.differs')} className="font-semibold text-warn">
              ≠
            </span>
          )
        if (column === 'delta') return deltaText(pair, row, fork)
        const step = (column === 'stepA' ? a : b).stepMilliseconds.values[row]
        return step === undefined || !Number.isFinite(step) ? '' : step.toFixed(2)
      }}
    />
  )
}

/** How much more (or less) probable the same token is in B, in nats; only while both have seen the same text. */
function deltaText({ a, b }: Pair, position: number, fork: number): string {
  const before = position - 1
  if (position >= fork || before < 0) return ''
  const delta = (b.logProbabilities.values[before] as number) - (a.logProbabilities.values[before] as number)
  if (!Number.isFinite(delta)) return ''
  return delta === 0 ? '0' : delta.toExponential(1)
}
