import { History, PenLine, Pin, Upload } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { rateFigure } from '../../../shared/figures'
import { formatBytes } from '../../../shared/units'
import { openRun } from '../../actions/runs'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { Badge } from '../../ui/Badge'
import { Button } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { Progress } from '../../ui/Progress'
import { Select } from '../../ui/Select'
import { SearchField } from '../../ui/TextField'
import { VirtualTable } from '../../ui/VirtualTable'
import { FaultBadge } from '../fault/FaultBadge'
import { importFile, importWithDialog, type RunSort, refreshLibrary, selectRun, useLibrary } from './library'
import { formatWhen, STATE_WORDS } from './run-words'

const SEARCH_WAIT_MILLISECONDS = 120

const DiskUse = () => {
  const t = useTranslate()
  const disk = useLibrary((state) => state.disk)
  if (disk === undefined) return null
  return (
    <span className="flex w-48 min-w-0 flex-col gap-1" title={disk.folder} data-testid="runs-disk">
      <span className="num truncate text-xs text-muted">
        {t('runs.disk', {
          used: formatBytes(disk.usedBytes),
          bound: formatBytes(disk.boundBytes),
          runs: t('runs.count', { count: disk.runCount })
        })}
      </span>
      <Progress label={t('runs.diskLabel')} value={Math.min(1, disk.usedBytes / disk.boundBytes)} />
    </span>
  )
}

const ImportButton = () => {
  const t = useTranslate()
  const dialogs = useStore((state) => state.welcome?.capabilities.includes('dialogs') === true)
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <Button icon={Upload} onClick={() => (dialogs ? void importWithDialog() : input.current?.click())}>
        {t('runs.import')}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".greta"
        hidden
        aria-label={t('runs.import')}
        onChange={(event) => {
          const [file] = event.target.files ?? []
          event.target.value = ''
          if (file !== undefined) void importFile(file)
        }}
      />
    </>
  )
}

/** The library: every generation, newest first, searched as you type. Enter opens a run in the same views as a live one. */
export const Panel = () => {
  const t = useTranslate()
  const { rows, search, sort, selected, loaded } = useLibrary()
  const revision = useStore((state) => state.libraryRevision)
  const ready = useStore((state) => state.connection === 'open' && state.engine?.state === 'ready')
  const language = useStore((state) => state.settings.language)
  const shown = useStore((state) => state.cursor.run)
  const showView = useStore((state) => state.showView)

  useEffect(() => {
    if (!ready) return undefined
    const timer = setTimeout(() => void refreshLibrary(), loaded ? SEARCH_WAIT_MILLISECONDS : 0)
    return () => clearTimeout(timer)
  }, [search, sort, revision, ready, loaded])

  const open = async (id: string) => {
    if (await openRun(id)) showView('play')
  }
  const cell = (index: number, column: string) => {
    const row = rows[index]
    if (row === undefined) return ''
    switch (column) {
      case 'name':
        return (
          <span className="flex items-center gap-1.5">
            {row.pinned && <Pin aria-label={t('runs.pinned')} size={12} className="shrink-0 text-accent" />}
            <bdi className={row.name === '' ? 'truncate text-muted' : 'truncate font-medium'}>
              {row.name === '' ? row.promptPreview || t('runs.unnamed') : row.name}
            </bdi>
            {row.tags.map((tag) => (
              <Badge key={tag}>{tag}</Badge>
            ))}
            <FaultBadge row={row} compact />
            {row.imported && <Badge tone="warn">{t('runs.importedMark')}</Badge>}
          </span>
        )
      case 'text':
        return <bdi className="text-muted">{row.textPreview}</bdi>
      case 'model':
        return row.modelFileName
      case 'backend':
        return row.backend
      case 'tokens':
        return row.summary.generatedTokens
      case 'speed':
        return row.summary.generatedTokens > 1 ? rateFigure(row.summary.decodeTokensPerSecond) : '–'
      case 'when':
        return formatWhen(row.createdAt, language)
      case 'size':
        return formatBytes(row.sizeBytes)
      default: {
        const [key, tone] = STATE_WORDS[row.state]
        return <Badge tone={tone}>{t(key)}</Badge>
      }
    }
  }

  if (loaded && rows.length === 0 && search === '')
    return (
      <EmptyState
        icon={History}
        title={t('runs.empty')}
        actions={
          <>
            <Button variant="primary" icon={PenLine} onClick={() => showView('play')}>
              {t('runs.toPlay')}
            </Button>
            <ImportButton />
          </>
        }
      >
        {t('runs.emptyHint')}
      </EmptyState>
    )
  return (
    <>
      <header className="flex h-11 shrink-0 items-center gap-3 border-b border-line px-3">
        <span aria-hidden className="font-semibold">
          {t('runs.title')}
        </span>
        <SearchField
          label={t('runs.search')}
          placeholder={t('runs.search')}
          value={search}
          onChange={(event) => useLibrary.setState({ search: event.target.value })}
          className="w-60"
        />
        <Select<RunSort>
          label={t('runs.sort')}
          value={sort}
          onChange={(value) => useLibrary.setState({ sort: value })}
          options={[
            { value: 'newest', label: t('runs.sortNewest') },
            { value: 'oldest', label: t('runs.sortOldest') },
            { value: 'largest', label: t('runs.sortLargest') },
            { value: 'fastest', label: t('runs.sortFastest') },
            { value: 'name', label: t('runs.sortName') }
          ]}
        />
        <span className="ml-auto flex items-center gap-3">
          <DiskUse />
          <ImportButton />
        </span>
      </header>
      <VirtualTable
        label={t('runs.title')}
        rowHeight={28}
        rowCount={rows.length}
        selected={rows.findIndex((row) => row.id === selected)}
        onSelect={(index) => selectRun(rows[index]?.id)}
        onActivate={(index) => {
          const row = rows[index]
          if (row !== undefined) void open(row.id)
        }}
        rowClass={(index) => (rows[index]?.id === shown ? 'shadow-[inset_2px_0_0_var(--accent)]' : undefined)}
        columns={[
          { id: 'name', title: t('runs.name'), width: 'minmax(8rem,2fr)' },
          { id: 'text', title: t('runs.text'), width: 'minmax(6rem,2fr)' },
          { id: 'when', title: t('runs.when'), width: '8rem' },
          { id: 'model', title: t('runs.model'), width: 'minmax(5.5rem,1.2fr)' },
          { id: 'backend', title: t('runs.backend'), width: '4.25rem' },
          { id: 'tokens', title: t('runs.tokens'), width: '4rem', numeric: true },
          { id: 'speed', title: t('runs.speed'), width: '4.75rem', numeric: true },
          { id: 'size', title: t('runs.size'), width: '5.25rem', numeric: true },
          { id: 'state', title: t('runs.state'), width: '6.5rem' }
        ]}
        cell={cell}
        empty={loaded ? t('runs.emptySearch') : t('app.loading')}
      />
    </>
  )
}

export { Inspector } from './Inspector'
