import type { GretaErrorData } from '../../shared/errors'
import {
  errorOfStatus,
  fromNative,
  NATIVE_FINISH_REASONS,
  type NativeRunOutcome,
  type NativeRunRequest,
  type NativeSession
} from '../native'
import { EventStream } from './event-stream'
import { Pace } from './pace'
import { firstRows, stepBatches } from './step-batches'
import type { TextAssembler } from './text-assembler'
import type { FinishReason, FinishReport, Running, SessionEvent, StepBatch } from './types'

/** What a finished request leaves behind in the session. */
export interface Aftermath {
  readonly report: FinishReport
  readonly cachedLength: number
}

/** One generate() or evaluate(): native steps in, typed events out. `assembler` is absent for an evaluation. */
export class RequestInProgress implements Running {
  readonly result: Promise<FinishReport>
  private readonly stream = new EventStream()
  private readonly generatedIds: number[] = []
  private progressDone = -1
  private stopped = false
  private readonly pace: Pace | undefined

  constructor(
    private readonly native: NativeSession,
    private readonly request: NativeRunRequest,
    private readonly assembler: TextAssembler | undefined,
    onFinished: (aftermath: Aftermath) => void,
    paceMilliseconds?: number
  ) {
    if (paceMilliseconds !== undefined)
      this.pace = new Pace(
        paceMilliseconds,
        (paused) => native.pauseWakes(paused),
        () => this.takeReady()
      )
    this.stream.onRoom = () => void this.takeReady()
    this.result = this.run(onFinished)
  }

  [Symbol.asyncIterator](): AsyncIterator<SessionEvent> {
    return this.stream.read()
  }

  cancel(): void {
    this.native.cancel()
  }

  /** There is news. */
  pump(): void {
    if (this.pace === undefined) this.takeReady()
    else this.pace.woken()
  }

  /** Takes what the engine has ready; with a slow reader it leaves the rest there, and the engine waits. */
  private takeReady(everything = false): number {
    let found = 0
    const { done, total, reused } = this.native.progress()
    if (total > 0 && done !== this.progressDone) {
      this.progressDone = done
      found += 1
      this.stream.push({ kind: 'prefill', done, total, reused })
    }
    while (everything || !this.stream.full) {
      const steps = this.native.drain()
      if (steps === null) return found
      found += steps.count
      for (const batch of stepBatches(steps)) this.take(batch)
    }
    return found + 1 // there may be more
  }

  private take(batch: StepBatch): void {
    if (this.stopped) return
    if (batch.phase === 'prompt' || this.assembler === undefined) {
      this.stream.push({ kind: 'steps', batch })
      return
    }
    let text = ''
    let count = 0
    while (count < batch.count && !this.stopped) {
      const id = batch.ids[count] as number
      this.generatedIds.push(id)
      count += 1
      if (this.request.kind === 0 && this.request.stopIds.includes(id)) continue
      text += this.assembler.push(id)
      this.stopped = this.assembler.stopMatch !== undefined
    }
    // The engine may have run ahead of the stop string: what came after it was never said.
    this.stream.push({ kind: 'steps', batch: count === batch.count ? batch : firstRows(batch, count) })
    if (text !== '') this.stream.push({ kind: 'text', text, tokenIndex: this.generatedIds.length })
    if (this.stopped) this.native.cancel()
  }

  private async run(onFinished: (aftermath: Aftermath) => void): Promise<FinishReport> {
    let outcome: NativeRunOutcome | undefined
    let error: GretaErrorData | undefined
    try {
      outcome = await this.native.run(this.request)
      this.takeReady(true)
    } catch (thrown) {
      error = fromNative(thrown).toData()
    }
    this.pace?.end()
    if (this.assembler !== undefined) {
      const rest = this.assembler.flush()
      if (rest !== '') this.stream.push({ kind: 'text', text: rest, tokenIndex: this.generatedIds.length })
    }
    const report = this.report(outcome, error)
    onFinished({ report, cachedLength: outcome?.cachedLength ?? 0 })
    this.stream.push({ kind: 'finished', report })
    this.stream.end()
    return report
  }

  private report(outcome: NativeRunOutcome | undefined, thrown: GretaErrorData | undefined): FinishReport {
    const match = this.assembler?.stopMatch
    const reason = this.reason(outcome, match !== undefined)
    const failure =
      thrown ?? (reason === 'failed' && outcome !== undefined ? errorOfStatus(outcome.status, outcome.message).toData() : undefined)
    const promptTokenCount = this.request.ids.length
    const reused = outcome?.reusedTokens ?? 0
    const prefill = outcome?.prefillMilliseconds ?? 0
    const decode = outcome?.decodeMilliseconds ?? 0
    const generated = outcome?.generatedTokens ?? 0
    const first = outcome?.firstTokenMilliseconds ?? -1
    return {
      reason,
      ...(failure === undefined ? {} : { error: failure }),
      ...(match === undefined ? {} : { stopString: match.stopString }),
      ids: Int32Array.from(match === undefined ? this.generatedIds : this.generatedIds.slice(0, match.tokenCount)),
      text: this.assembler?.text ?? '',
      promptTokenCount,
      reusedTokenCount: reused,
      prefillMilliseconds: prefill,
      timeToFirstTokenMilliseconds: first < 0 ? Number.NaN : first,
      decodeMilliseconds: decode,
      totalMilliseconds: outcome?.totalMilliseconds ?? 0,
      prefillTokensPerSecond: perSecond(promptTokenCount - reused, prefill),
      // The first token comes out of the prefill; the others are what decoding made.
      decodeTokensPerSecond: perSecond(generated - 1, decode),
      ...(this.request.kind === 0 && this.request.speculate
        ? { speculation: { drafted: outcome?.draftedTokens ?? 0, accepted: outcome?.acceptedTokens ?? 0 } }
        : {}),
      nanCount: outcome?.nanCount ?? 0,
      backpressureWaits: outcome?.queueWaits ?? 0
    }
  }

  private reason(outcome: NativeRunOutcome | undefined, matched: boolean): FinishReason {
    if (outcome === undefined) return 'failed'
    if (matched) return 'stop-string'
    return NATIVE_FINISH_REASONS[outcome.reason] ?? 'failed'
  }
}

const perSecond = (count: number, milliseconds: number): number => (count > 0 && milliseconds > 0 ? (count * 1000) / milliseconds : 0)
