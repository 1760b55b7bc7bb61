import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { encodeTokenFrame, type TokenFrame } from '../../shared/protocol'
import { framesOfColumns } from './columns'
import { loadJournal, RunRecorder } from './run-recorder'
import { RunStore } from './run-store'
import { testDetail, testFrame } from './test-run'

const folders: string[] = []
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'greta-runs-'))
  folders.push(folder)
  return folder
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})
const encoded = (frame: TokenFrame): Uint8Array =>
  encodeTokenFrame({
    ...frame,
    stats: new Uint8Array(frame.statsCounts.buffer, frame.statsCounts.byteOffset, frame.statsCounts.byteLength)
  })
const BOUND = 1e9
const open = (folder: string, boundBytes = BOUND): Promise<RunStore> => RunStore.open({ folder, boundBytes })

async function keep(store: RunStore, id: string, createdAt: string, text = 'hola'): Promise<void> {
  const recorder = store.begin(testDetail(id, { state: 'running', createdAt }))
  recorder.append(encoded(testFrame({ first: 0, count: 4, text })))
  recorder.update(testDetail(id, { createdAt, textPreview: text }))
  await store.finish(recorder, text)
}

describe('run store', () => {
  test('a finished run is found, searched, renamed, exported, imported and deleted', async () => {
    const folder = newFolder()
    const store = await open(folder)
    await keep(store, 'one', '2026-01-01T00:00:00Z', 'a Dragon sleeps')
    await keep(store, 'two', '2026-01-02T00:00:00Z')
    expect(store.list({}).rows.map((row) => row.id)).toEqual(['two', 'one'])
    expect(store.list({ search: 'DRAGON story' }).rows.map((row) => row.id)).toEqual(['one'])
    expect(store.list({ search: 'dragon wizard' }).total).toBe(0)
    store.update({ id: 'one', name: 'fire', tags: ['demo'], notes: 'keep' })
    expect(store.list({ tag: 'demo' }).rows[0]?.name).toBe('fire')
    await store.export('one', join(folder, 'copy.out'))
    const other = await open(newFolder())
    const imported = await other.import(join(folder, 'copy.out'))
    expect(imported).toMatchObject({ id: 'one', name: 'fire', tags: ['demo'], imported: true })
    expect((await other.import(join(folder, 'copy.out'))).id).toBe('one-2')
    expect((await other.read('one')).columns).toEqual((await store.read('one')).columns)
    expect(await store.delete(['one', 'nobody'])).toBe(1)
    expect(() => store.row('one')).toThrow('There is no run one')
    expect(readdirSync(folder).sort()).toEqual(['copy.out', 'two.greta', 'two.json'])
  })

  test('what cannot be written leaves everything as it was', async () => {
    const folder = newFolder()
    const store = await open(folder)
    await keep(store, 'one', '2026-01-01T00:00:00Z')
    const target = join(folder, 'in-the-way')
    mkdirSync(join(target, 'full'), { recursive: true })
    await expect(store.export('one', target)).rejects.toMatchObject({ code: 'io', message: expect.stringContaining(target) as string })
    expect(readdirSync(folder).sort()).toEqual(['in-the-way', 'one.greta', 'one.json'])
    // A card that cannot be written: its place is taken by a folder.
    rmSync(join(folder, 'one.json'))
    mkdirSync(join(folder, 'one.json/full'), { recursive: true })
    expect(() => store.update({ id: 'one', name: 'fire' })).toThrow()
    expect(store.row('one').name).not.toBe('fire')
  })

  test('what is asked at once is done one after the other', async () => {
    const folder = newFolder()
    const store = await open(folder)
    await keep(store, 'one', '2026-01-01T00:00:00Z')
    await store.export('one', join(folder, 'copy.out'))
    const rows = await Promise.all([1, 2, 3].map(() => store.import(join(folder, 'copy.out'))))
    expect(rows.map(({ id }) => id)).toEqual(['one-2', 'one-3', 'one-4'])
    // A name makes the bundle be written again, by each of these.
    store.update({ id: 'one', name: 'fire' })
    await Promise.all([1, 2, 3].map((n) => store.export('one', join(folder, `copy-${n}.out`))))
    expect((await (await open(newFolder())).import(join(folder, 'copy-3.out'))).name).toBe('fire')
    expect(readdirSync(folder).filter((name) => name.includes('.part'))).toEqual([])
    // A run that ends while it is exported: neither waits for the other for ever.
    store.update({ id: 'one', name: 'water' })
    const recorder = await store.resume('one', 4, function* (columns) {
      for (const frame of framesOfColumns(columns, 1)) yield encodeTokenFrame(frame)
    })
    const exported = store.export('one', join(folder, 'copy-4.out'))
    await Promise.all([exported, store.finish(recorder, 'hola')])
    expect(store.row('one').state).toBe('length')
  })

  test('what was appended survives a process that dies, down to the last whole record', async () => {
    const folder = newFolder()
    const store = await open(folder)
    const recorder = store.begin(testDetail('dying', { state: 'running' }))
    for (let first = 0; first < 5; first += 1) recorder.append(encoded(testFrame({ first, count: 1, text: String(first) })))
    recorder.close()
    appendFileSync(recorder.path, new Uint8Array([200, 0, 0, 0, 1, 2, 3])) // half a record
    const orphan = recorder.path.replace(`.${process.pid}.`, '.999999999.')
    renameSync(recorder.path, orphan)
    const next = await open(folder)
    expect(next.row('dying')).toMatchObject({ state: 'interrupted', textPreview: '01234', summary: { generatedTokens: 5 } })
    expect((await next.read('dying')).columns.rowCount).toBe(5)
    expect(readdirSync(folder).sort()).toEqual(['dying.greta', 'dying.json'])
  })

  test('a run that grows too large says so once it does, and what came before is kept', () => {
    const path = join(newFolder(), 'large.journal')
    const frame = encoded(testFrame({ first: 0, count: 1, text: 'a' }))
    const recorder = new RunRecorder(path, testDetail('large', { state: 'running' }), 4000 + 3 * frame.byteLength)
    let kept = 0
    expect(() => {
      for (let first = 0; first < 100; first += 1, kept += 1) recorder.append(encoded(testFrame({ first, count: 1, text: 'a' })))
    }).toThrow(/A run is kept up to .*, and this one has reached that/)
    recorder.update(testDetail('large'))
    recorder.close()
    expect(kept).toBeGreaterThan(0)
    expect(loadJournal(path)?.frames).toHaveLength(kept)
  })

  test('a journal of a process that lives is left alone', async () => {
    const folder = newFolder()
    const store = await open(folder)
    const recorder = store.begin(testDetail('theirs', { state: 'running' }))
    recorder.close()
    renameSync(recorder.path, recorder.path.replace(`.${process.pid}.`, `.${process.ppid}.`))
    const next = await open(folder)
    expect(next.list({}).total).toBe(0)
    expect(readdirSync(folder)).toHaveLength(1)
  })

  test('a run that goes on keeps its rows', async () => {
    const store = await open(newFolder())
    await keep(store, 'long', '2026-01-01T00:00:00Z')
    const recorder = await store.resume('long', 4, function* (columns) {
      for (const frame of framesOfColumns(columns, 1)) yield encodeTokenFrame(frame)
    })
    recorder.append(encoded(testFrame({ first: 4, count: 2 })))
    await store.finish(recorder, 'more')
    expect([...(await store.read('long')).columns.scalars.positions]).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('the oldest runs that nobody pinned go when the bound is passed', async () => {
    const folder = newFolder()
    const store = await open(folder)
    for (const day of [1, 2, 3, 4]) await keep(store, `day${day}`, `2026-01-0${day}T00:00:00Z`)
    store.update({ id: 'day1', pinned: true })
    const { usedBytes } = store.diskUse
    store.setBound(Math.ceil(usedBytes * 0.6))
    expect(store.list({ sort: 'oldest' }).rows.map((row) => row.id)).toEqual(['day1', 'day4'])
    store.setBound(1)
    expect(store.list({}).rows.map((row) => row.id)).toEqual(['day1'])
  })

  test('a lost card is made again from the bundle', async () => {
    const folder = newFolder()
    const store = await open(folder)
    await keep(store, 'one', '2026-01-01T00:00:00Z')
    rmSync(join(folder, 'one.json'))
    expect((await open(folder)).row('one').modelFileName).toBe('story.gguf')
  })
})
