import { ArrowDown, ArrowUp } from 'lucide-react'
import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useRef } from 'react'
import { cx } from './classes'
import { scrollRowIntoSight, useRowWindow } from './row-window'

export interface VirtualColumn {
  readonly id: string
  readonly title: ReactNode
  /** A CSS grid track: '5rem', 'minmax(8rem,1fr)'. */
  readonly width: string
  readonly numeric?: boolean
  readonly sortable?: boolean
}

/** The least a track takes: 'minmax(8rem,1fr)' is 8rem. */
const leastWidth = (track: string): string => /^minmax\(([^,]+),/.exec(track)?.[1] ?? track

interface VirtualTableProps {
  readonly label: string
  readonly columns: readonly VirtualColumn[]
  readonly rowCount: number
  readonly rowHeight?: number
  readonly cell: (row: number, column: string) => ReactNode
  /** Index of the selected row, -1 for none. */
  readonly selected?: number
  readonly onSelect?: (row: number) => void
  /** Enter or double click on a row. */
  readonly onActivate?: (row: number) => void
  readonly sort?: { readonly column: string; readonly descending: boolean }
  readonly onSort?: (column: string) => void
  readonly rowClass?: (row: number) => string | undefined
  /** Scroll here whenever the value changes. */
  readonly scrollToRow?: number
  readonly empty?: ReactNode
  readonly className?: string
}

/**
 * A grid of any number of rows of which only the visible ones are in the document. One tab stop; arrows, Page Up/Down,
 * Home and End move the selection. Rows keep their true index for assistive technology.
 */
export const VirtualTable = ({
  label,
  columns,
  rowCount,
  rowHeight = 24,
  cell,
  selected = -1,
  onSelect,
  onActivate,
  sort,
  onSort,
  rowClass,
  scrollToRow,
  empty,
  className
}: VirtualTableProps) => {
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useRowWindow(scroller, rowCount, rowHeight)
  const template = columns.map((column) => column.width).join(' ')
  // Header and rows are grids of their own: the same least width keeps their columns in line.
  const minWidth = `calc(${columns.map((column) => leastWidth(column.width)).join(' + ')})`

  useEffect(() => {
    if (scroller.current !== null && scrollToRow !== undefined && scrollToRow >= 0 && scrollToRow < rowCount)
      scrollRowIntoSight(scroller.current, scrollToRow, rowHeight, 'center')
  }, [scrollToRow, rowCount, rowHeight])

  /** What a cell has no room for is said when the pointer rests on it. */
  const onPointerOver = ({ target }: PointerEvent) => {
    const place = (target as Element).closest<HTMLElement>('[role=gridcell]')
    if (place === null) return
    if (place.scrollWidth > place.clientWidth) place.title = place.textContent
    else place.removeAttribute('title')
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || rowCount === 0) return
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 240) / rowHeight) - 2)
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: selected + 1,
      ArrowUp: selected - 1,
      PageDown: selected + page,
      PageUp: selected - page,
      Home: 0,
      End: rowCount - 1
    }
    const target = steps[event.key]
    if (target !== undefined && onSelect !== undefined) {
      event.preventDefault()
      event.stopPropagation()
      const next = Math.min(rowCount - 1, Math.max(0, target))
      onSelect(next)
      if (scroller.current !== null) scrollRowIntoSight(scroller.current, next, rowHeight, 'nearest')
    } else if (event.key === 'Enter' && selected >= 0 && onActivate !== undefined) {
      event.preventDefault()
      onActivate(selected)
    }
  }

  return (
    <div className={cx('flex min-h-0 flex-1 flex-col', className)}>
      <div
        ref={scroller}
        role="grid"
        aria-label={label}
        aria-rowcount={rowCount + 1}
        aria-colcount={columns.length}
        aria-activedescendant={selected >= 0 ? `${label}-row-${selected}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerOver={onPointerOver}
        className="min-h-0 flex-1 overflow-auto -outline-offset-2"
      >
        <div
          role="row"
          aria-rowindex={1}
          className="sticky top-0 z-10 grid border-b border-line bg-surface"
          style={{ gridTemplateColumns: template, minWidth }}
        >
          {columns.map((column) => {
            const active = sort?.column === column.id
            const SortIcon = sort?.descending === true ? ArrowDown : ArrowUp
            return (
              <div
                key={column.id}
                role="columnheader"
                aria-sort={active ? (sort.descending ? 'descending' : 'ascending') : undefined}
                className={cx('flex items-center px-2 py-1 text-xs font-medium text-muted', column.numeric === true && 'justify-end')}
              >
                {column.sortable === true && onSort !== undefined ? (
                  <button
                    type="button"
                    onClick={() => onSort(column.id)}
                    className="inline-flex items-center gap-1 rounded hover:text-text"
                  >
                    {column.title}
                    {active && <SortIcon aria-hidden size={11} />}
                  </button>
                ) : (
                  column.title
                )}
              </div>
            )
          })}
        </div>
        {rowCount === 0 && empty !== undefined && (
          <div role="row">
            <div role="gridcell" className="p-4 text-muted">
              {empty}
            </div>
          </div>
        )}
        <div role="rowgroup" style={{ height: rowCount * rowHeight, position: 'relative', minWidth }}>
          {Array.from({ length: rows.end - rows.first }, (_, place) => rows.first + place).map((row) => (
            // The grid is the tab stop and moves the selection; a row only listens to the pointer.
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
            <div
              key={row}
              id={`${label}-row-${row}`}
              role="row"
              aria-rowindex={row + 2}
              aria-selected={onSelect === undefined ? undefined : row === selected}
              onClick={() => onSelect?.(row)}
              onDoubleClick={() => onActivate?.(row)}
              className={cx(
                'absolute inset-x-0 grid items-center border-b border-line/50',
                row === selected ? 'bg-selected' : 'hover:bg-hover',
                rowClass?.(row)
              )}
              style={{ gridTemplateColumns: template, height: rowHeight, transform: `translateY(${row * rowHeight}px)` }}
            >
              {columns.map((column) => (
                <div key={column.id} role="gridcell" className={cx('truncate px-2 text-sm', column.numeric === true && 'num text-right')}>
                  {cell(row, column.id)}
                </div>
              ))}
            </div>
          ))}
        </div>
      </div>
    </div>
  )
}
