import * as v from 'valibot'
import { GretaError } from '../../shared/errors'
import {
  decodeTokenFrame,
  FRAME_KIND,
  FRAME_MAGIC,
  type FinishReason,
  type GenerationSummary,
  readFrameHeader,
  type TokenFrame
} from '../../shared/protocol'
import { systemReason } from '../../shared/system-errors'
import { formatBytes } from '../../shared/units'
import { removeQuietly } from '../formats/write-whole'
import { type RecordedDetail, recordedDetailSchema } from './bundle'
import { JournalWriter, readJournal } from './journal'

/**
 * What is kept of one run at most: as much as the whole library has by default, and what a bundle (a ZIP without ZIP64)
 * holds in any case. 80 layers with statistics reach it after 48,000 tokens.
 */
const LARGEST_RUN_BYTES = 2 * 2 ** 30

/** Writes the journal of one run while it is generated. */
export class RunRecorder {
  private readonly journal: JournalWriter

  constructor(
    readonly path: string,
    private current: RecordedDetail,
    private readonly largestBytes = LARGEST_RUN_BYTES
  ) {
    this.journal = new JournalWriter(path)
    try {
      this.journal.appendJson({ detail: current })
    } catch (thrown) {
      this.discard()
      throw new GretaError('io', `The run cannot be kept at ${path}: ${systemReason(thrown)}.`, 'Make room there, or set GRETA_DATA_DIR.')
    }
  }

  get detail(): RecordedDetail {
    return this.current
  }

  get sizeBytes(): number {
    return this.journal.sizeBytes
  }

  /** Keeps an encoded token frame. Call it before the frame is shown to anybody. Refuses what would make the run too large. */
  append(frame: Uint8Array): void {
    if (this.journal.sizeBytes + frame.byteLength > this.largestBytes)
      throw new GretaError(
        'out-of-range',
        `A run is kept up to ${formatBytes(this.largestBytes)}, and this one has reached that: tokens from here on are shown, not kept`,
        'Capture less, or generate in several runs.'
      )
    this.journal.append(frame)
  }

  /** The run has come to an end, or goes on with other settings. */
  update(detail: RecordedDetail): void {
    this.current = detail
    this.journal.appendJson({ detail })
  }

  close(): void {
    this.journal.close()
  }

  /** Nothing of it is wanted. */
  discard(): void {
    this.close()
    removeQuietly(this.path)
  }
}

export interface JournalContent {
  readonly detail: RecordedDetail
  readonly frames: readonly TokenFrame[]
}

/** What a journal holds, as far as it is whole. Undefined when not even its beginning is. */
export function loadJournal(path: string): JournalContent | undefined {
  let detail: RecordedDetail | undefined
  const frames: TokenFrame[] = []
  for (const record of readJournal(path)) {
    if (record.byteLength >= 4 && new DataView(record.buffer).getUint32(0, true) === FRAME_MAGIC) {
      const header = readFrameHeader(record)
      if (header.kind === FRAME_KIND.tokens) frames.push(decodeTokenFrame(record, header))
      continue
    }
    const parsed = v.safeParse(v.object({ detail: recordedDetailSchema }), JSON.parse(new TextDecoder().decode(record)))
    if (parsed.success) detail = parsed.output.detail
  }
  return detail === undefined ? undefined : { detail, frames }
}

/** The detail of a run whose process died: what the frames prove, marked as interrupted. */
export function interruptedDetail({ detail, frames }: JournalContent): RecordedDetail {
  if (detail.row.state !== 'running') return detail
  const generated = frames.filter((frame) => frame.phase === 'generated')
  const generatedTokens = generated.reduce((sum, frame) => sum + frame.count, 0)
  const text = textOfFrames(generated)
  const last = generated.at(-1)
  const first = generated[0]
  const firstMilliseconds = first?.endMilliseconds[0]
  const lastMilliseconds = last?.endMilliseconds[last.count - 1]
  const timed = firstMilliseconds !== undefined && lastMilliseconds !== undefined
  const decodeMilliseconds = timed ? lastMilliseconds - firstMilliseconds : 0
  const state: FinishReason = 'interrupted'
  const summary: GenerationSummary = {
    ...detail.row.summary,
    generatedTokens,
    ...(timed ? { timeToFirstTokenMilliseconds: firstMilliseconds, totalMilliseconds: lastMilliseconds, decodeMilliseconds } : {}),
    decodeTokensPerSecond: decodeMilliseconds > 0 ? ((generatedTokens - 1) / decodeMilliseconds) * 1000 : 0
  }
  return { ...detail, row: { ...detail.row, state, summary, textPreview: previewOf(text) } }
}

export const textOfFrames = (frames: readonly TokenFrame[]): string => {
  const decoder = new TextDecoder()
  return frames.map((frame) => decoder.decode(frame.text, { stream: true })).join('') + decoder.decode()
}

const PREVIEW_CHARACTERS = 300
export const previewOf = (text: string): string => text.slice(0, PREVIEW_CHARACTERS)
