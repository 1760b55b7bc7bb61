import { useEffect, useState } from 'react'
import { shareFigure } from '../../../shared/figures'
import type { GretaErrorData } from '../../../shared/errors'
import type { LensReport } from '../../../shared/protocol'
import { call } from '../../bridge'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { Badge } from '../../ui/Badge'
import { VirtualTable } from '../../ui/VirtualTable'
import { positionOf, useShownTrace } from './use-layers'

const CANDIDATES = 5
/** The cursor has to rest this long before the layers are evaluated. */
const READ_AFTER_MILLISECONDS = 250

/** What the model would say after every layer, at the cursor's token. */
export const LensTable = () => {
  const t = useTranslate()
  const { columns, trace } = useShownTrace()
  const token = useStore((state) => state.cursor.token)
  const layer = useStore((state) => state.cursor.layer)
  const generating = useStore((state) => state.live !== undefined)
  const vocabulary = useStore((state) => state.vocabulary)
  const moveCursor = useStore((state) => state.moveCursor)
  const runId = columns?.detail.row.id
  const last = (columns?.tokenCount ?? 1) - 1
  const position = Math.min(trace === undefined ? last : positionOf(trace, token), token ?? last)
  const { report, error } = useLens(generating ? undefined : runId, position)
  if (columns === undefined) return <p className="p-3 text-muted">{t('layers.emptyNoRun')}</p>
  if (generating) return <p className="p-3 text-muted">{t('layers.lensWait')}</p>
  if (error !== undefined) {
    return (
      <p role="alert" className="p-3 text-danger">
        {error.message} {error.hint}
      </p>
    )
  }
  if (report === undefined) return <p className="p-3 text-muted">{t('layers.lensReading')}</p>
  const text = (id: number): string =>
    JSON.stringify(vocabulary?.text(id) ?? String(id))
      .slice(1, -1)
      .replace(/ /g, '␣')
  return (
    <div className="flex h-full min-h-0 flex-col">
      <p className="m-0 flex flex-wrap items-center gap-x-3 px-3 py-1 text-xs text-muted">
        <span>{t('layers.lensAfter', { position: String(report.position) })}</span>
        {report.nextId >= 0 && <span>{t('layers.lensNext', { text: text(report.nextId) })}</span>}
        <Badge tone={report.lastEqualsLogits ? 'ok' : 'danger'}>
          {t(report.lastEqualsLogits ? 'layers.lensProof' : 'layers.lensBroken')}
        </Badge>
        <span className="min-w-0 truncate" title={t('layers.lensHelp')}>
          {t('layers.lensHelp')}
        </span>
      </p>
      <VirtualTable
        label={t('layers.lens')}
        columns={[
          { id: 'layer', title: t('layers.layer'), width: '4rem', numeric: true },
          { id: 'rank', title: t('layers.lensRank'), width: '8rem', numeric: true },
          ...Array.from({ length: CANDIDATES }, (_, index) => ({
            id: String(index),
            title: t('layers.lensCandidate', { number: index + 1 }),
            width: 'minmax(7rem,1fr)'
          }))
        ]}
        rowCount={report.layers.length}
        selected={layer ?? -1}
        onSelect={(row) => moveCursor({ layer: row, point: 'layer_out', element: undefined })}
        cell={(row, column) => {
          const entry = report.layers[row]
          if (entry === undefined) return null
          if (column === 'layer') return entry.layer
          if (column === 'rank')
            return entry.nextTokenRank < 0 ? (
              '–'
            ) : (
              <span className={entry.nextTokenRank === 0 ? 'font-semibold text-ok' : undefined}>{entry.nextTokenRank + 1}</span>
            )
          const candidate = entry.candidates[Number(column)]
          if (candidate === undefined) return null
          const strength = Math.round(Math.min(1, candidate.probability) * 42)
          return (
            <span
              className="flex items-center justify-between gap-2 rounded px-1"
              style={{ background: `color-mix(in srgb, var(--accent) ${strength}%, transparent)` }}
            >
              <bdi className={candidate.id === report.nextId ? 'truncate font-semibold' : 'truncate'}>{text(candidate.id)}</bdi>
              <span className="num shrink-0 text-xs text-muted">{shareFigure(candidate.probability)}</span>
            </span>
          )
        }}
      />
    </div>
  )
}

interface LensState {
  readonly key: string
  readonly report: LensReport | undefined
  readonly error: GretaErrorData | undefined
}

function useLens(runId: string | undefined, position: number): Omit<LensState, 'key'> {
  const [state, setState] = useState<LensState | undefined>(undefined)
  const key = `${runId}/${position}`
  useEffect(() => {
    if (runId === undefined || position < 0) return undefined
    let current = true
    const timer = setTimeout(() => {
      void call('numerics.lens', { runId, position, candidates: CANDIDATES }).then((answer) => {
        if (!current) return
        setState(answer.ok ? { key, report: answer.value, error: undefined } : { key, report: undefined, error: answer.error })
      })
    }, READ_AFTER_MILLISECONDS)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [runId, position, key])
  // The last report stays until the next one is here: a table that blinks cannot be read.
  return state === undefined ? { report: undefined, error: undefined } : state
}
