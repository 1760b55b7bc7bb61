import { Ban, Crosshair, Download, GitBranch, Minus, Plus } from 'lucide-react'
import { useMemo, useState } from 'react'
import { decimalFigure, logitFigure, shareFigure } from '../../../shared/figures'
import { toAnyNumber } from '../../../shared/protocol'
import { branchAt } from '../../actions/generation'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { bytesHex } from '../../store/vocabulary'
import { Button, IconButton } from '../../ui/Button'
import { Menu } from '../../ui/Menu'
import { saveFile } from '../../ui/save-file'
import { Switch } from '../../ui/Switch'
import { SearchField } from '../../ui/TextField'
import { type VirtualColumn, VirtualTable } from '../../ui/VirtualTable'
import { visibleToken } from '../play/lane/visible'
import { toCsv, toNpy } from './export'
import { applyFilter, parseFilter } from './filter'
import { orderById, orderByValue, placesOf } from './order'
import { useStageName } from './StageChain'
import type { Explanation } from './use-explanation'

type SortColumn = 'place' | 'id' | 'final' | 'scaled'

interface LogitTableProps {
  readonly explanation: Explanation
  /** Ids by falling logit. */
  readonly byLogit: Uint32Array
  readonly runId: string
  /** Position of the chosen token; the row is that of the position before. */
  readonly position: number
}

/** The whole row, virtual: filtered by text, expression or id, sorted by linear-time orders over typed arrays. */
export const LogitTable = ({ explanation, byLogit, runId, position }: LogitTableProps) => {
  const t = useTranslate()
  const vocabulary = useStore((state) => state.vocabulary)
  const toast = useStore((state) => state.toast)
  const changeSampling = useStore((state) => state.changeSampling)
  const setOverlay = useStore((state) => state.setOverlay)
  const stageName = useStageName()
  const [entry, setEntry] = useState('')
  const [keptOnly, setKeptOnly] = useState(false)
  const [sort, setSort] = useState<{ readonly column: SortColumn; readonly descending: boolean }>({ column: 'place', descending: false })
  const [selectedId, setSelectedId] = useState(explanation.chosenId)
  const [jump, setJump] = useState(0)

  const { arrays } = explanation
  const places = useMemo(() => placesOf(byLogit), [byLogit])
  const order = useMemo(() => {
    if (sort.column === 'place') return sort.descending ? byLogit.toReversed() : byLogit
    if (sort.column === 'id') return orderById(arrays.logits.length, sort.descending)
    return orderByValue(sort.column === 'final' ? arrays.probability : arrays.scaled, sort.descending)
  }, [arrays, byLogit, sort])
  const filter = useMemo(() => parseFilter(entry), [entry])
  const ids = useMemo(
    () => applyFilter(order, filter, vocabulary, keptOnly ? arrays.removedBy : undefined),
    [order, filter, vocabulary, keptOnly, arrays]
  )
  const selected = ids.indexOf(selectedId)
  const chosenRow = ids.indexOf(explanation.chosenId)
  const logSumExp = Number(explanation.logSumExp)
  const stages = explanation.stages.map((stage) => stage.stage)
  const hasPenalties = explanation.stages.some((stage) => stage.active && (stage.stage === 'penalties' || stage.stage === 'logit-bias'))
  const textOf = (id: number) => vocabulary?.text(id) ?? `#${id}`

  const columns: readonly VirtualColumn[] = [
    { id: 'place', title: t('logits.place'), width: '4.5rem', numeric: true, sortable: true },
    { id: 'token', title: t('logits.token'), width: 'minmax(7rem,1fr)' },
    { id: 'id', title: t('logits.id'), width: '5rem', numeric: true, sortable: true },
    { id: 'bytes', title: t('logits.bytes'), width: 'minmax(10rem,0.9fr)' },
    { id: 'logit', title: t('logits.logit'), width: '6rem', numeric: true },
    ...(hasPenalties ? [{ id: 'penalised', title: t('logits.penalised'), width: '6rem', numeric: true }] : []),
    { id: 'scaled', title: t('logits.scaled'), width: '6rem', numeric: true, sortable: true },
    { id: 'model', title: t('logits.pModel'), width: '5.5rem', numeric: true },
    { id: 'final', title: t('logits.pFinal'), width: '5.5rem', numeric: true, sortable: true },
    { id: 'removed', title: t('logits.removedBy'), width: '6.5rem' }
  ]

  const cell = (row: number, column: string) => {
    const id = ids[row] as number
    const removed = arrays.removedBy[id] as number
    if (column === 'place') return (places[id] as number) + 1
    if (column === 'token')
      return (
        <bdi className={id === explanation.chosenId ? 'font-mono font-semibold text-accent' : 'font-mono'}>{visibleToken(textOf(id))}</bdi>
      )
    if (column === 'id') return id
    if (column === 'bytes')
      return <span className="font-mono text-xs text-faint">{vocabulary === undefined ? '' : bytesHex(vocabulary.bytes(id))}</span>
    if (column === 'logit') return logitFigure(arrays.logits[id] as number)
    if (column === 'penalised') return logitFigure(arrays.penalised[id] as number)
    if (column === 'scaled') return logitFigure(arrays.scaled[id] as number)
    if (column === 'model') return shareFigure(Math.exp((arrays.logits[id] as number) - logSumExp))
    if (column === 'final') return removed === 0 ? shareFigure(arrays.probability[id] as number) : <s className="text-faint">0 %</s>
    return removed === 0 ? (
      id === explanation.chosenId ? (
        t('logits.chosen')
      ) : (
        ''
      )
    ) : (
      <span className="text-faint">{stageName(stages[removed - 1] ?? '')}</span>
    )
  }

  const setBias = (bias: number) => {
    const { logitBias } = useStore.getState().sampling
    const before = Number(logitBias.find((other) => other.id === selectedId)?.bias ?? 0)
    const value = bias === -Infinity ? bias : (Number.isFinite(before) ? before : 0) + bias
    changeSampling({ logitBias: [...logitBias.filter((other) => other.id !== selectedId), { id: selectedId, bias: toAnyNumber(value) }] })
    toast({ tone: 'info', title: `${visibleToken(textOf(selectedId))}: ${decimalFigure(value, 1)}`, detail: t('logits.biasSet') })
  }

  return (
    <section className="flex min-h-72 flex-1 flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <SearchField
          label={t('logits.filter')}
          placeholder={t('logits.filter')}
          value={entry}
          invalid={filter.kind === 'invalid'}
          onChange={(event) => setEntry(event.target.value)}
          className="w-64"
          data-testid="logit-filter"
        />
        <Switch label={t('logits.keptOnly')} checked={keptOnly} onChange={setKeptOnly} />
        <span className="num text-sm text-muted" data-testid="logit-rows">
          {t('logits.rows', { count: ids.length })}
        </span>
        <span className="ml-auto flex items-center gap-1">
          <IconButton
            icon={Crosshair}
            label={t('logits.toChosen')}
            disabled={chosenRow < 0}
            onClick={() => setJump((count) => count + 1)}
          />
          <Menu
            trigger={<Button icon={Download}>{t('logits.export')}</Button>}
            entries={[
              {
                kind: 'action',
                label: t('logits.exportCsv'),
                onSelect: () => saveFile(`logits-${runId}-${position}.csv`, toCsv(ids, arrays, stages, textOf), 'text/csv')
              },
              {
                kind: 'action',
                label: t('logits.exportNpy'),
                onSelect: () => saveFile(`logits-${runId}-${position}.npy`, toNpy(arrays.logits), 'application/octet-stream')
              }
            ]}
          />
        </span>
      </div>
      <div className="flex min-h-0 flex-1 flex-col overflow-hidden rounded-lg border border-line">
        <VirtualTable
          key={jump}
          label={t('logits.title')}
          columns={columns}
          rowCount={ids.length}
          cell={cell}
          selected={selected}
          onSelect={(row) => setSelectedId(ids[row] as number)}
          sort={sort}
          onSort={(column) =>
            setSort((before) => ({
              column: column as SortColumn,
              descending: before.column === column ? !before.descending : column !== 'place' && column !== 'id'
            }))
          }
          {...(jump > 0 ? { scrollToRow: chosenRow } : {})}
          empty={t('app.nothingFound')}
        />
        <div className="flex min-h-9 shrink-0 flex-wrap items-center gap-1.5 py-1 border-t border-line bg-sunken px-2">
          <bdi className="max-w-48 truncate font-mono text-sm font-semibold">{visibleToken(textOf(selectedId))}</bdi>
          <span className="num text-sm text-faint">#{selectedId}</span>
          <span className="ml-auto flex gap-1">
            <Button size="small" icon={Minus} onClick={() => setBias(-1)}>
              {t('logits.disfavour')}
            </Button>
            <Button size="small" icon={Plus} onClick={() => setBias(1)}>
              {t('logits.favour')}
            </Button>
            <Button size="small" icon={Ban} onClick={() => setBias(-Infinity)}>
              {t('logits.forbid')}
            </Button>
            <Button
              size="small"
              icon={GitBranch}
              disabled={selectedId === explanation.chosenId}
              onClick={() => {
                setOverlay('none')
                void branchAt(runId, position, selectedId)
              }}
            >
              {t('logits.continueWith')}
            </Button>
          </span>
        </div>
      </div>
    </section>
  )
}
