import { createReadStream, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'
import * as v from 'valibot'
import { GretaError } from '../../shared/errors'

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** metadata.json of a logits dump (ticket B3.68). */
const metadataSchema = v.object({
  dtype: v.string(),
  prompt_len: count,
  gen_len: count,
  seed: v.number(),
  kv_aligned: v.picklist([0, 1]),
  mode: v.string(),
  token_span: v.object({ start: count, count }),
  timestamp: v.string(),
  repo_branch: v.string()
})
const lineSchema = v.object({ token_idx: count, token_id: count, logits: v.array(v.nullable(v.number())) })

export type DumpMetadata = v.InferOutput<typeof metadataSchema>

export interface DumpRow {
  readonly tokenIndex: number
  readonly tokenId: number
  readonly logits: Float32Array
}

export interface LogitsDump {
  readonly folder: string
  readonly metadata: DumpMetadata
  readonly rows: readonly DumpRow[]
}

/** Limits of what a dump may hold: it may come from anywhere. */
const METADATA_BYTES = 1 << 20
const LINE_CHARACTERS = 32 << 20
const TOTAL_VALUES = (512 << 20) >>> 2

/** Reads a dump folder. Throws GretaError 'not-found', 'io' or 'format' naming the file and what is wrong in it. */
export async function readLogitsDump(folder: string): Promise<LogitsDump> {
  const metadata = readMetadata(join(folder, 'metadata.json'))
  const rows = await readRows(join(folder, 'logits.jsonl.gz'))
  if (rows.length !== metadata.token_span.count) {
    throw new GretaError(
      'format',
      `${folder}: metadata.json announces ${metadata.token_span.count} tokens, logits.jsonl.gz holds ${rows.length}.`
    )
  }
  return { folder, metadata, rows }
}

function readMetadata(path: string): DumpMetadata {
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (size === undefined)
    throw new GretaError('not-found', `${path} is not there: a logits dump is a folder with metadata.json and logits.jsonl.gz.`)
  if (size > METADATA_BYTES) throw new GretaError('format', `${path} has ${size} bytes; the metadata of a dump has a few hundred.`)
  const parsed = v.safeParse(metadataSchema, parseJson(readFileSync(path, 'utf8'), path))
  if (!parsed.success) throw new GretaError('format', `${path}: ${describeIssue(parsed.issues[0])}.`)
  return parsed.output
}

async function readRows(path: string): Promise<DumpRow[]> {
  if (statSync(path, { throwIfNoEntry: false }) === undefined)
    throw new GretaError('not-found', `${path} is not there; the dump is incomplete.`)
  const rows: DumpRow[] = []
  let pending = ''
  let values = 0
  const take = (line: string): void => {
    if (line === '') return
    const parsed = v.safeParse(lineSchema, parseJson(line, `${path}, line ${rows.length + 1}`))
    if (!parsed.success) throw new GretaError('format', `${path}, line ${rows.length + 1}: ${describeIssue(parsed.issues[0])}.`)
    const { token_idx, token_id, logits } = parsed.output
    values += logits.length
    if (values > TOTAL_VALUES) throw new GretaError('format', `${path} holds more than ${TOTAL_VALUES} logits; it is not read further.`)
    const width = rows[0]?.logits.length ?? logits.length
    if (logits.length !== width)
      throw new GretaError('format', `${path}, line ${rows.length + 1}: ${logits.length} logits where the first line has ${width}.`)
    // JSON has no NaN: null stands for every value that is not finite.
    rows.push({ tokenIndex: token_idx, tokenId: token_id, logits: Float32Array.from(logits, (value) => value ?? Number.NaN) })
  }
  const source = createReadStream(path)
  const unzipped = source.pipe(createGunzip())
  source.on('error', (error) => unzipped.destroy(error))
  try {
    const decoder = new TextDecoder('utf-8')
    for await (const chunk of unzipped as AsyncIterable<Buffer>) {
      pending += decoder.decode(chunk, { stream: true })
      const lines = pending.split('\n')
      pending = lines.pop() ?? ''
      for (const line of lines) take(line)
      if (pending.length > LINE_CHARACTERS)
        throw new GretaError('format', `${path}, line ${rows.length + 1} is longer than ${LINE_CHARACTERS} characters.`)
    }
  } catch (thrown) {
    if (thrown instanceof GretaError) throw thrown
    throw new GretaError('format', `${path} is not a whole gzip file: ${thrown instanceof Error ? thrown.message : String(thrown)}.`)
  } finally {
    source.destroy()
  }
  take(pending)
  return rows
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new GretaError('format', `${what} is not JSON.`)
  }
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = issue.path?.map((item) => String(item.key)).join('.') ?? ''
  return `${path === '' ? 'the value' : `"${path}"`} should be ${issue.expected ?? 'something else'} and is ${issue.received}`
}
