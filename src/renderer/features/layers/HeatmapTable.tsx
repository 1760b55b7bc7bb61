import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useState } from 'react'
import type { TraceField } from '../../../shared/model/trace-points'
import { formatStatistic } from '../../../shared/units'
import { useTranslate } from '../../i18n'
import type { CellMatrix } from '../../statistics'
import { SEVERITY, NOT_APPLICABLE } from '../../statistics'
import { IconButton } from '../../ui/Button'
import { VirtualTable } from '../../ui/VirtualTable'

interface HeatmapTableProps {
  readonly label: string
  readonly matrix: CellMatrix
  readonly field: TraceField
  /** Pictures with tokens across are turned: tokens go down, because there can be thousands. */
  readonly tokensDown: boolean
  readonly rowTitle: string
  readonly rowLabel: (row: number) => string
  readonly columnLabel: (column: number) => string
  readonly cursor: { readonly row: number; readonly column: number } | undefined
  readonly onCursor: (cell: { readonly row: number; readonly column: number }) => void
}

/** Columns in view at the same time. */
const PAGE = 16

const value = new Float32Array(1)
const severity = new Uint8Array(1)

/** One cell as text: the value, or what is wrong with it. */
export function cellText(matrix: CellMatrix, field: TraceField, row: number, column: number): string {
  matrix.read(field, { level: 0, row, column, height: 1, width: 1 }, value, severity)
  const kind = severity[0] as number
  if (kind === NOT_APPLICABLE) return '–'
  if (kind === SEVERITY.notCaptured) return '·'
  const text = formatStatistic(value[0] as number)
  if (kind === SEVERITY.nan) return `${text} N`
  if (kind === SEVERITY.positiveInfinity) return `${text} ▲`
  if (kind === SEVERITY.negativeInfinity) return `${text} ▼`
  return kind === SEVERITY.saturated ? `${text} ◥` : text
}

/** The numbers of a heatmap as a grid: its twin for people who cannot see, or do not trust, colours. */
export const HeatmapTable = (props: HeatmapTableProps) => {
  const t = useTranslate()
  const { matrix, field, tokensDown, cursor } = props
  const down = tokensDown ? matrix.columns : matrix.rows
  const across = tokensDown ? matrix.rows : matrix.columns
  const acrossLabel = tokensDown ? props.rowLabel : props.columnLabel
  const downLabel = tokensDown ? props.columnLabel : props.rowLabel
  const cursorAcross = cursor === undefined ? 0 : tokensDown ? cursor.row : cursor.column
  const [page, setPage] = useState(Math.floor(cursorAcross / PAGE))
  const pages = Math.max(1, Math.ceil(across / PAGE))
  const first = Math.min(page, pages - 1) * PAGE
  const shown = Array.from({ length: Math.min(PAGE, across - first) }, (_, index) => first + index)
  const cursorDown = cursor === undefined ? -1 : tokensDown ? cursor.column : cursor.row
  const select = (index: number): void =>
    props.onCursor(tokensDown ? { row: cursorAcross, column: index } : { row: index, column: cursorAcross })
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      {pages > 1 && (
        <div className="flex items-center gap-2 px-3 py-1 text-sm text-muted">
          <IconButton
            size="small"
            icon={ChevronLeft}
            label={t('layers.previousColumns')}
            disabled={first === 0}
            onClick={() => setPage(first / PAGE - 1)}
          />
          <span className="num">{t('layers.tablePage', { first: acrossLabel(first), last: acrossLabel(first + shown.length - 1) })}</span>
          <IconButton
            size="small"
            icon={ChevronRight}
            label={t('layers.nextColumns')}
            disabled={first + PAGE >= across}
            onClick={() => setPage(first / PAGE + 1)}
          />
        </div>
      )}
      <VirtualTable
        label={props.label}
        columns={[
          { id: 'label', title: props.rowTitle, width: '6rem' },
          ...shown.map((index) => ({ id: String(index), title: acrossLabel(index), width: 'minmax(5.5rem,1fr)', numeric: true }))
        ]}
        rowCount={down}
        selected={cursorDown}
        onSelect={select}
        scrollToRow={cursorDown}
        cell={(row, column) => {
          if (column === 'label') return <span className="num text-muted">{downLabel(row)}</span>
          const index = Number(column)
          const text = tokensDown ? cellText(matrix, field, index, row) : cellText(matrix, field, row, index)
          const marked = (tokensDown ? cursor?.row : cursor?.column) === index && cursorDown === row
          return <span className={marked ? 'rounded bg-accent-soft px-1 font-medium' : undefined}>{text}</span>
        }}
      />
    </div>
  )
}
