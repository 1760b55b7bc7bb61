import * as v from 'valibot'
import { GretaError } from '../../shared/errors'
import { SKETCH_NAME, SKETCH_ROWS } from '../../shared/model/sketch'
import { LAYER_POINTS, TIMED_BLOCKS, TRACE_COUNT_FIELDS, TRACE_FLOAT_FIELDS, tracePointCount } from '../../shared/model/trace-points'
import { describeIssues, runDetailSchema, type Value } from '../../shared/protocol'
import { CAPTURED, PHASES, type RunColumns, SCALAR_NAMES, type ScalarName } from './columns'
import { NPY_ITEM_BYTES, type NpyType, npyHeader, parseNpy } from './npy'
import { ZipReader } from './zip-reader'
import { ZipWriter } from './zip-writer'

/** A run bundle: `.greta`, a ZIP of manifest.json, prompt.txt, text.txt and one .npy a column. docs/run-bundle.md describes it. */
export const BUNDLE_VERSION = 1

/** What a run is, without what only the host that opened it knows. */
export const recordedDetailSchema = v.omit(runDetailSchema, ['handle', 'recorded'])
export type RecordedDetail = Value<typeof recordedDetailSchema>

const manifestSchema = v.object({
  format: v.literal('greta-run'),
  version: v.literal(BUNDLE_VERSION),
  detail: recordedDetailSchema,
  /** What the columns mean, for a reader without our source. */
  layout: v.object({
    layerPoints: v.array(v.string()),
    timedBlocks: v.array(v.string()),
    statisticsFloats: v.array(v.string()),
    statisticsCounts: v.array(v.string()),
    phases: v.array(v.string()),
    capturedBits: v.record(v.string(), v.number()),
    /** The matrix of `sketches`; absent in bundles from before there were any. */
    sketch: v.exactOptional(v.string())
  })
})

const LAYOUT = {
  layerPoints: [...LAYER_POINTS],
  timedBlocks: [...TIMED_BLOCKS],
  statisticsFloats: [...TRACE_FLOAT_FIELDS],
  statisticsCounts: [...TRACE_COUNT_FIELDS],
  phases: [...PHASES],
  capturedBits: CAPTURED,
  sketch: SKETCH_NAME
}

/** Largest parts of a bundle that is read: four thousand tokens of an 80-layer model fit eight times. */
const BOUNDS = { entries: 64, entryBytes: 2 ** 30, totalBytes: 2 ** 31 }
const MANIFEST_BYTES = 64 * 1024 * 1024

const NPY_OF_ARRAY = new Map<unknown, NpyType>([
  [Float32Array, '<f4'],
  [Float64Array, '<f8'],
  [Int32Array, '<i4'],
  [Uint32Array, '<u4'],
  [Uint8Array, '|u1']
])
type Column = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array

const fileName = (column: string): string => `${column.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}.npy`

function columnShapes(columns: Pick<RunColumns, 'rowCount' | 'candidatesPerStep' | 'pointCount' | 'layerCount'>): Record<string, number[]> {
  const { rowCount, candidatesPerStep, pointCount, layerCount } = columns
  return {
    candidateIds: [rowCount, candidatesPerStep],
    candidateLogits: [rowCount, candidatesPerStep],
    blockMilliseconds: [rowCount, layerCount + 1, TIMED_BLOCKS.length],
    sketches: [rowCount, layerCount, SKETCH_ROWS],
    statsFloats: [rowCount, pointCount, TRACE_FLOAT_FIELDS.length],
    statsCounts: [rowCount, pointCount, TRACE_COUNT_FIELDS.length]
  }
}

/** Writes a bundle whole or not at all. */
export async function writeBundle(path: string, detail: RecordedDetail, columns: RunColumns): Promise<void> {
  const zip = new ZipWriter(path)
  try {
    const manifest = { format: 'greta-run', version: BUNDLE_VERSION, detail, layout: LAYOUT }
    await zip.add('manifest.json', new TextEncoder().encode(JSON.stringify(manifest, null, 2)))
    await zip.add('prompt.txt', new TextEncoder().encode(detail.promptText))
    await zip.add('text.txt', columns.text)
    const shapes = columnShapes(columns)
    const all: readonly (readonly [string, Column])[] = [
      ...SCALAR_NAMES.map((name) => [name, columns.scalars[name]] as const),
      ['phases', columns.phases],
      ['captured', columns.captured],
      ['textEnds', columns.textEnds],
      ['candidateIds', columns.candidateIds],
      ['candidateLogits', columns.candidateLogits],
      ['blockMilliseconds', columns.blockMilliseconds],
      ['sketches', columns.sketches],
      ['statsFloats', columns.statsFloats],
      ['statsCounts', columns.statsCounts]
    ]
    for (const [name, column] of all) {
      const shape = shapes[name] ?? [columns.rowCount]
      if (column.length === 0 && shape.length > 1) continue // not captured
      await zip.add(fileName(name), npyFile(column, shape))
    }
    zip.finish()
  } catch (thrown) {
    zip.abandon()
    throw thrown
  }
}

function npyFile(column: Column, shape: readonly number[]): Uint8Array {
  const header = npyHeader(NPY_OF_ARRAY.get(column.constructor) ?? '|u1', shape)
  const file = new Uint8Array(header.byteLength + column.byteLength)
  file.set(header)
  file.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), header.byteLength)
  return file
}

/** An open bundle. Everything in it is checked before it is given out; problems are 'format' errors of one sentence. */
export class BundleReader {
  private readonly zip: ZipReader

  constructor(private readonly path: string) {
    this.zip = new ZipReader(path, BOUNDS)
  }

  close(): void {
    this.zip.close()
  }

  async detail(): Promise<RecordedDetail> {
    if ((this.zip.sizeOf('manifest.json') ?? 0) > MANIFEST_BYTES) throw this.wrong('its manifest is too long')
    const bytes = await this.zip.read('manifest.json')
    let json: unknown
    try {
      json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    } catch {
      throw this.wrong('its manifest is not JSON')
    }
    const parsed = v.safeParse(manifestSchema, json)
    if (!parsed.success) throw this.wrong(describeIssues('its manifest is not as expected', parsed.issues).message)
    return parsed.output.detail
  }

  async columns(detail: Pick<RecordedDetail, 'layerCount'>): Promise<RunColumns> {
    const positions = await this.column('positions', '<i4')
    const rowCount = positions.shape[0] as number
    const one = async <T extends Column>(name: string, type: NpyType): Promise<T> => this.expect<T>(name, type, [rowCount])
    const scalars: Partial<Record<ScalarName, Column>> = {}
    for (const name of SCALAR_NAMES) scalars[name] = await one(name, SCALAR_TYPES[name])
    const candidates = await this.optional('candidateIds', '<i4')
    const k = candidates?.shape[1] ?? 0
    const timed = this.has('blockMilliseconds')
    const traced = this.has('statsFloats')
    const sketched = this.has('sketches')
    const points = traced ? tracePointCount(detail.layerCount) : 0
    const shapes = columnShapes({ rowCount, candidatesPerStep: k, pointCount: points, layerCount: detail.layerCount })
    const wide = async <T extends Column>(present: boolean, name: string, type: NpyType, empty: T): Promise<T> =>
      present ? this.expect<T>(name, type, shapes[name] as number[]) : empty
    const columns: RunColumns = {
      rowCount,
      layerCount: detail.layerCount,
      candidatesPerStep: k,
      pointCount: points,
      scalars: scalars as RunColumns['scalars'],
      phases: await one<Uint8Array>('phases', '|u1'),
      captured: await one<Uint8Array>('captured', '|u1'),
      textEnds: await one<Uint32Array>('textEnds', '<u4'),
      candidateIds: await wide(k > 0, 'candidateIds', '<i4', new Int32Array(0)),
      candidateLogits: await wide(k > 0, 'candidateLogits', '<f4', new Float32Array(0)),
      blockMilliseconds: await wide(timed, 'blockMilliseconds', '<f4', new Float32Array(0)),
      sketches: await wide(sketched, 'sketches', '<f4', new Float32Array(0)),
      statsFloats: await wide(traced, 'statsFloats', '<f4', new Float32Array(0)),
      statsCounts: await wide(traced, 'statsCounts', '<u4', new Uint32Array(0)),
      text: await this.zip.read('text.txt')
    }
    this.checkRows(columns, (traced ? CAPTURED.stats : 0) | (timed ? CAPTURED.timings : 0) | (sketched ? CAPTURED.sketches : 0))
    return columns
  }

  /** `allowed`: CAPTURED bits of the optional columns that are there. */
  private checkRows(columns: RunColumns, allowed: number): void {
    let end = 0
    for (let row = 0; row < columns.rowCount; row += 1) {
      const next = columns.textEnds[row] as number
      if (next < end || next > columns.text.byteLength) throw this.wrong(`the text of row ${row} passes the end of the text`)
      end = next
      if (((columns.captured[row] as number) & ~allowed) !== 0) throw this.wrong(`row ${row} names a column that is not there`)
      if ((columns.phases[row] as number) >= PHASES.length) throw this.wrong(`row ${row} has an unknown phase`)
    }
  }

  private has(name: string): boolean {
    return this.zip.sizeOf(fileName(name)) !== undefined
  }

  private async optional(name: string, type: NpyType): Promise<{ readonly shape: readonly number[] } | undefined> {
    return this.has(name) ? this.column(name, type) : undefined
  }

  private async expect<T extends Column>(name: string, type: NpyType, shape: readonly number[]): Promise<T> {
    const column = await this.column(name, type)
    if (column.shape.length !== shape.length || column.shape.some((length, index) => length !== shape[index]))
      throw this.wrong(`${fileName(name)} has shape (${column.shape.join(', ')}), expected (${shape.join(', ')})`)
    return column.data as T
  }

  private async column(name: string, type: NpyType): Promise<{ readonly shape: readonly number[]; readonly data: Column }> {
    const bytes = await this.zip.read(fileName(name))
    const header = parseNpy(fileName(name), bytes)
    if (header.type !== type) throw this.wrong(`${fileName(name)} has type ${header.type}, expected ${type}`)
    const length = (bytes.byteLength - header.dataOffset) / NPY_ITEM_BYTES[type]
    return { shape: header.shape, data: new ARRAY_OF_NPY[type](bytes.buffer, header.dataOffset, length) }
  }

  private wrong(what: string): GretaError {
    return new GretaError('format', `${this.path.split(/[\\/]/).at(-1)} is not a whole run bundle: ${what.replace(/\.$/, '')}.`)
  }
}

const ARRAY_OF_NPY = {
  '<f4': Float32Array,
  '<f8': Float64Array,
  '<i4': Int32Array,
  '<u4': Uint32Array,
  '|u1': Uint8Array
} as const

const SCALAR_TYPES: Readonly<Record<ScalarName, NpyType>> = {
  endMilliseconds: '<f8',
  positions: '<i4',
  inputIds: '<i4',
  ids: '<i4',
  ranks: '<i4',
  logitNanCounts: '<u4',
  chosenLogits: '<f4',
  logProbabilities: '<f4',
  samplerLogProbabilities: '<f4',
  logSumExps: '<f4',
  entropies: '<f4',
  margins: '<f4',
  stepMilliseconds: '<f4'
}
