import { copyFileSync, existsSync, rmSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { GretaError } from '../../shared/errors'
import type { DiskUse, RunList, RunListQuery, RunRow, RunUpdate } from '../../shared/protocol'
import { writeWhole } from '../formats/write-whole'
import { BundleReader, type RecordedDetail, writeBundle } from './bundle'
import { columnsOfFrames, type RunColumns, untilGenerated } from './columns'
import { processIsAlive, type RunCard, RunFiles, searchTextOf } from './run-files'
import { queryRuns, runsToEvict } from './run-library'
import { interruptedDetail, loadJournal, previewOf, RunRecorder, textOfFrames } from './run-recorder'

export interface RunStoreOptions {
  readonly folder: string
  readonly boundBytes: number
  /** Ids of runs that appeared, changed or went. */
  readonly onChange?: (ids: readonly string[]) => void
  readonly log?: (message: string) => void
}

/** No run id: those have no spaces. */
const IMPORTS = 'all imports'

/** The library of runs on disk. Every generation is in it from its first token on. */
export class RunStore {
  private readonly files: RunFiles
  private readonly cards = new Map<string, RunCard>()
  private readonly sealing = new Map<string, Promise<void>>()
  /** The last write of a run's bundle, by run id. */
  private readonly writing = new Map<string, Promise<unknown>>()
  private boundBytes: number

  private constructor(private readonly options: RunStoreOptions) {
    this.files = new RunFiles(options.folder)
    this.boundBytes = options.boundBytes
  }

  /** Reads the library, and makes whole what processes that died left behind. */
  static async open(options: RunStoreOptions): Promise<RunStore> {
    const store = new RunStore(options)
    for (const id of store.files.bundleIds()) {
      const card = store.files.readCard(id) ?? (await store.cardOfBundle(id))
      if (card !== undefined) store.cards.set(id, { ...card, row: { ...card.row, sizeBytes: store.files.sizeOf(id) } })
    }
    for (const { id, processId, path } of store.files.journals())
      if (processId === process.pid || !processIsAlive(processId)) await store.recover(id, path)
    return store
  }

  get diskUse(): DiskUse {
    const rows = [...this.cards.values()].map((card) => card.row)
    return {
      runCount: rows.length,
      pinnedCount: rows.filter((row) => row.pinned).length,
      usedBytes: rows.reduce((sum, row) => sum + row.sizeBytes, 0),
      boundBytes: this.boundBytes,
      folder: this.files.folder
    }
  }

  setBound(boundBytes: number): void {
    this.boundBytes = boundBytes
    this.evict()
  }

  list(query: RunListQuery): RunList {
    return queryRuns(this.cards.values(), query, this.diskUse)
  }

  has(id: string): boolean {
    return this.cards.has(id)
  }

  row(id: string): RunRow {
    return this.card(id).row
  }

  /** Starts to keep a run. Its row is in the library at once. */
  begin(detail: RecordedDetail): RunRecorder {
    const recorder = new RunRecorder(this.files.journal(detail.row.id), detail)
    this.setCard({ row: detail.row, notes: detail.notes, searchText: searchTextOf(detail.promptText, '') }, false)
    return recorder
  }

  /** A run that did not come to anything: as if it had not begun. */
  abandon(recorder: RunRecorder): void {
    const { id } = recorder.detail.row
    recorder.discard()
    this.cards.delete(id)
    this.options.onChange?.([id])
  }

  /** A finished run becomes a bundle. Resolves when it is one; until then its journal stands for it. */
  finish(recorder: RunRecorder, text: string): Promise<void> {
    const { detail, path } = recorder
    recorder.close()
    const card = {
      row: { ...detail.row, sizeBytes: recorder.sizeBytes },
      notes: detail.notes,
      searchText: searchTextOf(detail.promptText, text)
    }
    this.setCard(card, false)
    const sealed = this.oneAtATime(detail.row.id, () => this.seal(detail.row.id, path)).finally(() => this.sealing.delete(detail.row.id))
    this.sealing.set(detail.row.id, sealed)
    return sealed
  }

  /** The bundle becomes a journal again, to go on with after its first `generatedTokens`. */
  async resume(id: string, generatedTokens: number, encode: (columns: RunColumns) => Iterable<Uint8Array>): Promise<RunRecorder> {
    const { detail, columns } = await this.read(id)
    const path = this.files.journal(id)
    rmSync(path, { force: true })
    const recorder = new RunRecorder(path, detail)
    try {
      for (const frame of encode(untilGenerated(columns, generatedTokens))) recorder.append(frame)
    } catch (thrown) {
      recorder.discard()
      throw thrown
    }
    return recorder
  }

  async detail(id: string): Promise<RecordedDetail> {
    const card = this.card(id)
    const detail = await this.withBundle(id, (bundle) => bundle.detail())
    return { ...detail, row: card.row, notes: card.notes }
  }

  async read(id: string): Promise<{ readonly detail: RecordedDetail; readonly columns: RunColumns }> {
    const card = this.card(id)
    return this.withBundle(id, (bundle) => this.contentOf(bundle, card))
  }

  private async contentOf(bundle: BundleReader, { row, notes }: RunCard): Promise<{ detail: RecordedDetail; columns: RunColumns }> {
    const detail = await bundle.detail()
    return { detail: { ...detail, row, notes }, columns: await bundle.columns(detail) }
  }

  /** What the library shows of a run that changed by itself: it goes on, or came to an end. */
  replaceRow(row: RunRow): void {
    this.setCard({ ...this.card(row.id), row }, false)
  }

  update({ id, name, tags, pinned, notes }: RunUpdate): RunRow {
    const card = this.card(id)
    const row: RunRow = { ...card.row, name: name ?? card.row.name, tags: tags ?? card.row.tags, pinned: pinned ?? card.row.pinned }
    this.setCard({ ...card, row, notes: notes ?? card.notes }, true)
    return row
  }

  async delete(ids: readonly string[]): Promise<number> {
    let deleted = 0
    for (const id of ids) {
      const card = this.cards.get(id)
      if (card === undefined) continue
      if (card.row.state === 'running') throw new GretaError('busy', `Run ${id} is still running.`, 'Stop it first.')
      await this.sealing.get(id)
      this.forget(id)
      deleted += 1
    }
    this.options.onChange?.(ids)
    return deleted
  }

  /** The path of the whole bundle, with the names and notes it has now. */
  bundleWithCard(id: string): Promise<string> {
    return this.oneAtATime(id, () => this.rewriteWithCard(id))
  }

  private async rewriteWithCard(id: string): Promise<string> {
    const card = this.card(id)
    const path = this.files.bundle(id)
    // Nothing of this run is being sealed now: what is sealed next waits for this.
    const inside = await this.withBundleNow(id, (bundle) => bundle.detail())
    const facts = (name: string, tags: readonly string[], notes: string): string => JSON.stringify([name, tags, notes])
    if (facts(inside.row.name, inside.row.tags, inside.notes) !== facts(card.row.name, card.row.tags, card.notes)) {
      const { detail, columns } = await this.withBundleNow(id, (bundle) => this.contentOf(bundle, card))
      await writeBundle(path, detail, columns)
    }
    return path
  }

  async export(id: string, target: string): Promise<number> {
    const source = await this.bundleWithCard(id)
    writeWhole(target, (temporary) => copyFileSync(source, temporary))
    return statSync(target).size
  }

  /** Takes a bundle from elsewhere into the library, after reading all of it. */
  import(path: string): Promise<RunRow> {
    // Two of the same run must not take the same name.
    return this.oneAtATime(IMPORTS, () => this.importNow(path))
  }

  private async importNow(path: string): Promise<RunRow> {
    if (!existsSync(path)) throw new GretaError('not-found', `There is no file ${path}.`)
    const bundle = new BundleReader(path)
    let detail: RecordedDetail
    let columns: RunColumns
    try {
      detail = await bundle.detail()
      columns = await bundle.columns(detail)
    } finally {
      bundle.close()
    }
    const id = this.freeId(detail.row.id)
    const row: RunRow = { ...detail.row, id, imported: true, pinned: false, name: detail.row.name || basename(path, '.greta') }
    await writeBundle(this.files.bundle(id), { ...detail, row }, columns)
    const text = new TextDecoder().decode(columns.text)
    const card = {
      row: { ...row, sizeBytes: this.files.sizeOf(id) },
      notes: detail.notes,
      searchText: searchTextOf(detail.promptText, text)
    }
    this.setCard(card, true)
    this.evict()
    return card.row
  }

  /** Bundles are written beside their place under one name a process: two writers of one would undo each other. */
  private oneAtATime<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.writing.get(key) ?? Promise.resolve()
    const now = before.then(work, work)
    this.writing.set(key, now)
    const forget = (): void => {
      if (this.writing.get(key) === now) this.writing.delete(key)
    }
    now.then(forget, forget)
    return now
  }

  /** Waits until every finished run is a bundle. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.sealing.values())
  }

  private freeId(wanted: string): string {
    if (!this.cards.has(wanted) && !this.files.exists(wanted)) return wanted
    for (let copy = 2; ; copy += 1) {
      const id = `${wanted.slice(0, 56)}-${copy}`
      if (!this.cards.has(id) && !this.files.exists(id)) return id
    }
  }

  private card(id: string): RunCard {
    const card = this.cards.get(id)
    if (card === undefined)
      throw new GretaError('not-found', `There is no run ${id}.`, 'It may have been deleted to keep within the disk bound.')
    return card
  }

  private setCard(card: RunCard, onDisk: boolean): void {
    if (onDisk) this.files.writeCard(card)
    this.cards.set(card.row.id, card)
    this.options.onChange?.([card.row.id])
  }

  private async withBundle<T>(id: string, use: (bundle: BundleReader) => Promise<T>): Promise<T> {
    await this.sealing.get(id)
    return this.withBundleNow(id, use)
  }

  private async withBundleNow<T>(id: string, use: (bundle: BundleReader) => Promise<T>): Promise<T> {
    if (!this.files.exists(id)) throw new GretaError('busy', `Run ${id} is still running.`)
    const bundle = new BundleReader(this.files.bundle(id))
    try {
      return await use(bundle)
    } finally {
      bundle.close()
    }
  }

  private async seal(id: string, journal: string): Promise<void> {
    try {
      const content = loadJournal(journal)
      if (content === undefined) return
      const detail = interruptedDetail(content)
      await writeBundle(this.files.bundle(id), detail, columnsOfFrames(content.frames, detail.layerCount))
      const card = this.cards.get(id)
      if (card !== undefined) this.setCard({ ...card, row: { ...card.row, sizeBytes: this.files.sizeOf(id) } }, true)
      rmSync(journal, { force: true })
      this.evict()
    } catch (thrown) {
      // The journal stays: the next start tries again.
      this.options.log?.(`Run ${id} could not be written as a bundle: ${(thrown as Error).message}`)
    }
  }

  private async recover(id: string, journal: string): Promise<void> {
    try {
      const content = loadJournal(journal)
      if (content !== undefined && !(this.files.exists(id) && content.frames.length === 0)) {
        const detail = interruptedDetail(content)
        await writeBundle(this.files.bundle(id), detail, columnsOfFrames(content.frames, detail.layerCount))
        const text = textOfFrames(content.frames)
        const row = { ...detail.row, textPreview: previewOf(text), sizeBytes: this.files.sizeOf(id) }
        this.setCard({ row, notes: detail.notes, searchText: searchTextOf(detail.promptText, text) }, true)
      }
      rmSync(journal, { force: true })
    } catch (thrown) {
      this.options.log?.(`A run that was interrupted could not be recovered from ${journal}: ${(thrown as Error).message}`)
    }
  }

  private async cardOfBundle(id: string): Promise<RunCard | undefined> {
    try {
      const bundle = new BundleReader(this.files.bundle(id))
      try {
        const detail = await bundle.detail()
        return { row: { ...detail.row, id }, notes: detail.notes, searchText: searchTextOf(detail.promptText, detail.row.textPreview) }
      } finally {
        bundle.close()
      }
    } catch (thrown) {
      this.options.log?.(`${this.files.bundle(id)} is left alone: ${(thrown as Error).message}`)
      return undefined
    }
  }

  private evict(): void {
    const evicted = runsToEvict(
      [...this.cards.values()].map((card) => card.row),
      this.boundBytes
    ).filter((id) => !this.sealing.has(id))
    for (const id of evicted) this.forget(id)
    if (evicted.length > 0) this.options.onChange?.(evicted)
  }

  private forget(id: string): void {
    this.cards.delete(id)
    this.files.remove(id)
  }
}
