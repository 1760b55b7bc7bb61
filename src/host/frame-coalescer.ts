import type { StepBatch } from '../engine/session/types'
import type { TokenFrameSource } from '../shared/protocol'
import { LIMITS } from '../shared/protocol/limits'

/** A page paints 60 times a second: taking rows from the engine more often than that only costs. */
export const PACE_MILLISECONDS = 16
/** A frame is sent at once when it has grown to this. */
const LARGEST_FRAME_BYTES = LIMITS.outboundBinaryBytes / 16

type FrameBody = Omit<TokenFrameSource, 'handle' | 'sequence' | 'recorded' | 'sentAtMilliseconds'>

const EMPTY_FLOATS = new Float32Array(0)
const EMPTY_BYTES = new Uint8Array(0)

type CapturedBatch = StepBatch & { readonly sketches: Float32Array }

/**
 * Joins the step batches of one phase that come together into one frame body, and text with the row whose token completed
 * it. A frame goes out as soon as everything that was ready is in it: how often that is, the pace of the session decides.
 */
export class FrameCoalescer {
  private batches: CapturedBatch[] = []
  private bytes = 0
  private timer: NodeJS.Immediate | undefined
  private readonly text: { readonly text: string; readonly tokenIndex: number }[] = []
  private generatedSent = 0

  constructor(
    private readonly layerCount: number,
    private readonly send: (body: FrameBody) => void
  ) {}

  /** `sketches`: of every row and layer, where they are kept. */
  pushBatch(steps: StepBatch, sketches: Float32Array = EMPTY_FLOATS): void {
    const batch: CapturedBatch = { ...steps, sketches }
    const first = this.batches[0]
    if (first !== undefined && (first.phase !== batch.phase || first.candidatesPerStep !== batch.candidatesPerStep)) this.flush()
    this.batches.push(batch)
    this.bytes += (batch.stats?.byteLength ?? 0) + sketches.byteLength + batch.count * 64
    if (this.bytes > LARGEST_FRAME_BYTES) this.flush()
    else this.timer ??= setImmediate(() => this.flush())
  }

  /** `tokenIndex` counts generated tokens up to and including the one that completed the text. */
  pushText(text: string, tokenIndex: number): void {
    this.text.push({ text, tokenIndex })
  }

  flush(): void {
    clearImmediate(this.timer)
    this.timer = undefined
    const batches = this.batches
    this.batches = []
    this.bytes = 0
    const first = batches[0]
    if (first === undefined) return
    const count = batches.reduce((sum, batch) => sum + batch.count, 0)
    this.send({ ...joinBatches(batches, count, this.layerCount), ...this.takeText(first.phase, count) })
  }

  private takeText(phase: StepBatch['phase'], count: number): { readonly text: Uint8Array; readonly textEnds: Uint32Array } {
    const textEnds = new Uint32Array(count)
    if (phase === 'prompt') return { text: EMPTY_BYTES, textEnds }
    const from = this.generatedSent
    this.generatedSent += count
    const pieces: string[] = []
    let bytes = 0
    let row = 0
    while (this.text[0] !== undefined && this.text[0].tokenIndex <= this.generatedSent) {
      const { text, tokenIndex } = this.text.shift() as { text: string; tokenIndex: number }
      // Rows before the one that completed this text end where the text before it ended.
      for (; row < tokenIndex - 1 - from; row += 1) textEnds[row] = bytes
      pieces.push(text)
      bytes += Buffer.byteLength(text)
    }
    textEnds.fill(bytes, row)
    return { text: new TextEncoder().encode(pieces.join('')), textEnds }
  }
}

function joinBatches(batches: readonly CapturedBatch[], count: number, layerCount: number): Omit<FrameBody, 'text' | 'textEnds'> {
  const first = batches[0] as CapturedBatch
  const i32 = (pick: (batch: StepBatch) => Int32Array): Int32Array => joined(batches.map(pick), Int32Array)
  const f32 = (pick: (batch: StepBatch) => Float32Array | undefined): Float32Array =>
    joined(
      batches.map((batch) => pick(batch) ?? EMPTY_FLOATS),
      Float32Array
    )
  return {
    phase: first.phase,
    count,
    candidatesPerStep: first.candidatesPerStep,
    layerCount,
    endMilliseconds: joined(
      batches.map((batch) => batch.endMilliseconds),
      Float64Array
    ),
    positions: i32((batch) => batch.positions),
    inputIds: i32((batch) => batch.inputIds),
    ids: i32((batch) => batch.ids),
    ranks: i32((batch) => batch.ranks),
    logitNanCounts: joined(
      batches.map((batch) => batch.logitNanCounts),
      Uint32Array
    ),
    chosenLogits: f32((batch) => batch.chosenLogits),
    logProbabilities: f32((batch) => batch.logProbabilities),
    samplerLogProbabilities: f32((batch) => batch.samplerLogProbabilities),
    logSumExps: f32((batch) => batch.logSumExps),
    entropies: f32((batch) => batch.entropies),
    margins: f32((batch) => batch.margins),
    stepMilliseconds: f32((batch) => batch.stepMilliseconds),
    candidateIds: i32((batch) => batch.candidateIds),
    candidateLogits: f32((batch) => batch.candidateLogits),
    blockMilliseconds: f32((batch) => batch.blockMilliseconds),
    sketches: joined(
      batches.map((batch) => batch.sketches),
      Float32Array
    ),
    stats: joined(
      batches.map((batch) => batch.stats ?? EMPTY_BYTES),
      Uint8Array
    )
  }
}

type Joinable = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array
function joined<T extends Joinable>(parts: readonly T[], type: new (length: number) => T): T {
  if (parts.length === 1) return parts[0] as T
  const all = new type(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    all.set(part as never, offset)
    offset += part.length
  }
  return all
}
