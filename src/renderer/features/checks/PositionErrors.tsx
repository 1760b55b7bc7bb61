import { useMemo, useState } from 'react'
import { errorFigure } from '../../../shared/figures'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { LineChart } from '../../ui/LineChart'
import { Segmented } from '../../ui/Tabs'
import { VirtualTable } from '../../ui/VirtualTable'
import { Favourites } from '../play/lane/Favourites'
import { visibleToken } from '../play/lane/visible'
import type { Finished } from './checks-state'
import { Section } from './parts'

const MEASURES = ['klDivergence', 'nmse', 'maxAbsoluteDifference', 'probabilityDifference'] as const
type Measure = (typeof MEASURES)[number]
const TITLES = {
  klDivergence: 'checks.klNats',
  nmse: 'checks.nmseLogits',
  maxAbsoluteDifference: 'checks.maxLogit',
  probabilityDifference: 'checks.deltaP'
} as const

/** Logits by position: a line over the sequence, and the positions as a table, worst first. */
export const PositionErrors = ({ finished }: { readonly finished: Finished<'parity'> }) => {
  const t = useTranslate()
  const { positions, summary } = finished.report
  const vocabulary = useStore((state) => state.vocabulary)
  const [measure, setMeasure] = useState<Measure>('klDivergence')
  const worst = summary.worstPositions[0]
  const [chosen, setChosen] = useState(worst)
  const sized = measure !== 'probabilityDifference'
  const points = useMemo(
    () => positions.map((entry) => ({ x: entry.position, y: Number.isFinite(entry[measure]) ? entry[measure] : undefined })),
    [positions, measure]
  )
  const log = sized && points.some(({ y }) => y !== undefined && y > 0)
  const rows = useMemo(
    () => positions.toSorted((a, b) => sizeOf(b[measure]) - sizeOf(a[measure]) || a.position - b.position),
    [positions, measure]
  )
  const token = (id: number): string => (id < 0 ? '–' : visibleToken(vocabulary?.text(id) ?? `#${id}`))
  const cell = (index: number, column: string) => {
    const row = rows[index] as (typeof rows)[number]
    if (column === 'position') return row.position
    if (column === 'favourite') return <Favourites reference={token(row.referenceTop)} tested={token(row.testTop)} differ={!row.sameTop1} />
    if (column === 'next') return <bdi className="font-mono">{token(row.nextId)}</bdi>
    const value = row[column as Measure]
    // Nothing follows the last token: there is no probability to compare.
    if (Number.isNaN(value) && row.nextId < 0) return <span className="text-faint">–</span>
    return row.bitEqual ? <span className="text-faint">0</span> : errorFigure(value)
  }
  return (
    <Section
      title={t('checks.byPosition')}
      help={t('checks.byPositionHelp')}
      trailing={
        <Segmented
          label={t('checks.measure')}
          value={measure}
          onChange={setMeasure}
          options={MEASURES.map((value) => ({ value, label: t(TITLES[value]) }))}
        />
      }
    >
      <div className="grid grid-cols-1 gap-3 2xl:grid-cols-2">
        <div className="rounded-md border border-line p-2">
          <LineChart
            label={t('checks.byPositionChart', { measure: t(TITLES[measure]) })}
            points={points}
            log={log}
            marked={chosen}
            xName={t('checks.position')}
            yName={t(TITLES[measure])}
            format={errorFigure}
            onPick={setChosen}
            height={190}
          />
        </div>
        <div className="flex h-56 flex-col rounded-md border border-line">
          <VirtualTable
            label={t('checks.worstPositions')}
            columns={[
              { id: 'position', title: t('checks.position'), width: '5rem', numeric: true },
              { id: 'favourite', title: t('checks.favourite'), width: 'minmax(7rem,1fr)' },
              { id: 'next', title: t('checks.nextToken'), width: 'minmax(5rem,1fr)' },
              ...MEASURES.map((id) => ({ id, title: t(TITLES[id]), width: '6.5rem', numeric: true }))
            ]}
            rowCount={rows.length}
            cell={cell}
            selected={rows.findIndex((row) => row.position === chosen)}
            onSelect={(index) => setChosen(rows[index]?.position)}
          />
        </div>
      </div>
    </Section>
  )
}

/** No value (nothing follows the last token) comes last. */
const sizeOf = (value: number): number => (Number.isNaN(value) ? -1 : Math.abs(value))
