import { create } from 'zustand'
import type { DiskUse, RunListQuery, RunRow } from '../../../shared/protocol'
import { sendFile } from '../../actions/files'
import { valueOrReport } from '../../actions/report'
import { call } from '../../bridge'
import { translateNow } from '../../i18n'
import { useStore } from '../../store'
import { runRegistry } from '../../store/run-registry'
import { saveFile } from '../../ui/save-file'

export type RunSort = NonNullable<RunListQuery['sort']>

/** What the Runs view shows; kept while another view is in front. */
interface Library {
  readonly rows: readonly RunRow[]
  readonly total: number
  readonly disk: DiskUse | undefined
  readonly search: string
  readonly sort: RunSort
  readonly selected: string | undefined
  readonly loaded: boolean
}

export const useLibrary = create<Library>()(() => ({
  rows: [],
  total: 0,
  disk: undefined,
  search: '',
  sort: 'newest',
  selected: undefined,
  loaded: false
}))

const PAGE_ROWS = 1000
let latest = 0

/** Asks for the rows again: the search changed, or the library did. */
export async function refreshLibrary(): Promise<void> {
  const { search, sort } = useLibrary.getState()
  latest += 1
  const request = latest
  const answer = await call('runs.list', { ...(search.trim() === '' ? {} : { search: search.trim() }), sort, limit: PAGE_ROWS })
  if (request !== latest) return
  if (answer.ok) useLibrary.setState({ rows: answer.value.rows, total: answer.value.total, disk: answer.value.disk, loaded: true })
}

export const selectRun = (id: string | undefined): void => useLibrary.setState({ selected: id })

export async function updateRun(
  id: string,
  part: { readonly name?: string; readonly tags?: readonly string[]; readonly pinned?: boolean; readonly notes?: string }
): Promise<void> {
  const row = valueOrReport(await call('runs.update', { id, ...part }))
  if (row === undefined) return
  useLibrary.setState((state) => ({ rows: state.rows.map((other) => (other.id === id ? row : other)) }))
  runRegistry.get(id)?.setRow(row)
}

export async function deleteRun(id: string): Promise<void> {
  if (valueOrReport(await call('runs.delete', { ids: [id] })) === undefined) return
  const { rows } = useLibrary.getState()
  const index = rows.findIndex((row) => row.id === id)
  const rest = rows.filter((row) => row.id !== id)
  useLibrary.setState({ rows: rest, selected: rest[Math.min(index, rest.length - 1)]?.id })
  const { cursor, moveCursor, toast } = useStore.getState()
  runRegistry.forget(id)
  useStore.setState((state) => ({
    runs: Object.fromEntries(Object.entries(state.runs).filter(([other]) => other !== id)),
    history: state.history.filter((other) => other !== id),
    historyAt: 0
  }))
  if (cursor.run === id) moveCursor({ run: undefined, token: undefined })
  toast({ tone: 'ok', title: translateNow('runs.deleted') })
  await refreshLibrary()
}

/** To a place that the person names (desktop), or as a download. */
export async function exportRun(id: string): Promise<void> {
  const { welcome, toast } = useStore.getState()
  if (welcome?.capabilities.includes('dialogs') === true) {
    const dialog = valueOrReport(await call('app.saveDialog', { purpose: 'run', suggestedName: `${id}.greta` }))
    if (dialog === undefined || dialog.path === null) return
    const saved = valueOrReport(await call('runs.export', { id, path: dialog.path }))
    if (saved !== undefined) toast({ tone: 'ok', title: translateNow('runs.exported'), detail: dialog.path })
    return
  }
  const answer = valueOrReport(await call('runs.export', { id }))
  if (answer !== undefined) saveFile(answer.fileName, new Uint8Array(answer.arrays.file), 'application/zip')
}

/** Takes a run file into the library; its id, or undefined when it was refused (and said why). */
export async function importPath(path: string): Promise<string | undefined> {
  const row = valueOrReport(await call('runs.import', { path }))
  if (row === undefined) return undefined
  useStore.getState().toast({ tone: 'ok', title: translateNow('runs.imported'), detail: row.name === '' ? row.id : row.name })
  await refreshLibrary()
  selectRun(row.id)
  return row.id
}

export async function importWithDialog(): Promise<void> {
  const dialog = valueOrReport(await call('app.openDialog', { purpose: 'run' }))
  if (dialog !== undefined && dialog.path !== null) await importPath(dialog.path)
}

export async function importFile(file: File): Promise<string | undefined> {
  const path = await sendFile(file)
  return path === undefined ? undefined : importPath(path)
}
