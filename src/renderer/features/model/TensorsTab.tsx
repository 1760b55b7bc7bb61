import { useDeferredValue, useMemo, useState } from 'react'
import type { ModelInspection } from '../../../shared/protocol'
import { formatBytes } from '../../../shared/units'
import { useTranslate, useWholeNumber } from '../../i18n'
import { SearchField } from '../../ui/TextField'
import { VirtualTable } from '../../ui/VirtualTable'
import { useModelState } from './model-state'
import { listTensors, type TensorColumn, type TensorSort } from './tensor-list'

export const TensorsTab = ({ inspection }: { readonly inspection: ModelInspection }) => {
  const t = useTranslate()
  const whole = useWholeNumber()
  const [search, setSearch] = useState('')
  const [sort, setSort] = useState<TensorSort>({ column: 'offset', descending: false })
  const tensor = useModelState((state) => state.tensor)
  const change = useModelState((state) => state.change)
  const deferred = useDeferredValue(search)
  const rows = useMemo(() => listTensors(inspection.tensors, deferred, sort), [inspection, deferred, sort])
  const onSort = (column: string): void =>
    setSort((before) => ({ column: column as TensorColumn, descending: before.column === column && !before.descending }))
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex items-center gap-3 px-3 py-2">
        <SearchField
          label={t('model.search')}
          placeholder="blk.3 q4_k"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          className="w-72 min-w-0"
        />
        <span className="text-sm text-muted">{t('model.found', { shown: rows.length, total: inspection.tensors.length })}</span>
      </div>
      <VirtualTable
        label={t('model.tabTensors')}
        columns={[
          { id: 'name', title: t('model.tensorName'), width: 'minmax(11rem,2fr)', sortable: true },
          { id: 'type', title: t('model.tensorType'), width: '4rem', sortable: true },
          { id: 'shape', title: t('model.tensorShape'), width: 'minmax(6.5rem,0.5fr)', sortable: true, numeric: true },
          { id: 'elements', title: t('model.tensorElements'), width: 'minmax(5.5rem,0.5fr)', sortable: true, numeric: true },
          { id: 'bytes', title: t('model.tensorBytes'), width: '5.5rem', sortable: true, numeric: true },
          { id: 'offset', title: t('model.tensorOffset'), width: 'minmax(5.5rem,0.5fr)', sortable: true, numeric: true }
        ]}
        rowCount={rows.length}
        selected={rows.findIndex((row) => row.name === tensor)}
        onSelect={(row) => change({ tensor: rows[row]?.name })}
        sort={sort}
        onSort={onSort}
        empty={t('model.nothingFound')}
        cell={(index, column) => {
          const row = rows[index]
          if (row === undefined) return null
          if (column === 'name') return <span className="num">{row.name}</span>
          if (column === 'type') return <span className="num">{row.type}</span>
          if (column === 'shape') return row.shape.join(' × ')
          if (column === 'elements') return whole(row.elementCount)
          return column === 'bytes' ? formatBytes(row.sizeBytes) : row.offsetBytes
        }}
      />
    </div>
  )
}

export const MetadataTab = ({ inspection }: { readonly inspection: ModelInspection }) => {
  const t = useTranslate()
  const [search, setSearch] = useState('')
  const words = useDeferredValue(search).toLowerCase()
  const rows = useMemo(
    () => inspection.metadata.filter((row) => row.key.toLowerCase().includes(words) || row.value.toLowerCase().includes(words)),
    [inspection, words]
  )
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex items-center gap-3 px-3 py-2">
        <SearchField
          label={t('model.searchMetadata')}
          placeholder="rope"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          className="w-72 min-w-0"
        />
        <span className="text-sm text-muted">{t('model.found', { shown: rows.length, total: inspection.metadata.length })}</span>
      </div>
      <VirtualTable
        label={t('model.tabMetadata')}
        columns={[
          { id: 'key', title: t('model.key'), width: 'minmax(15rem,1fr)' },
          { id: 'type', title: t('model.typeColumn'), width: '10rem' },
          { id: 'value', title: t('model.valueColumn'), width: 'minmax(10rem,2fr)' }
        ]}
        rowCount={rows.length}
        empty={t('model.nothingFound')}
        cell={(index, column) => {
          const row = rows[index]
          if (row === undefined) return null
          if (column === 'key') return <span className="num">{row.key}</span>
          if (column === 'type') return <span className="text-muted">{row.type}</span>
          return (
            <span className="num" title={row.value}>
              {row.value}
              {row.truncated && <span className="ml-2 text-faint">… {t('model.cut')}</span>}
            </span>
          )
        }}
      />
    </div>
  )
}
