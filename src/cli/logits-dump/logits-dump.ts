import type { Session, StepBatch } from '../../engine/session'
import type { InferResult } from '../infer/report'
import { DumpFolder } from './dump-folder'
import { float32ArrayText } from './float32-text'
import { repositoryBranch } from './repository-branch'

/**
 * The B3.68 dump of one run. Rows are taken from the engine's history while the run goes on; where the writer fell so far
 * behind that a row was lost, that and all later ones are evaluated again afterwards (the same arithmetic, the same bits).
 */
export class LogitsDump {
  private linesWritten = 0
  private behind = false

  private constructor(
    private readonly folder: DumpFolder,
    private readonly mostLines: number
  ) {}

  /** With a mode only the first generated token is dumped: both modes then show the same span. */
  static async open(folder: string, mode: 'prefill' | 'decode' | undefined): Promise<LogitsDump> {
    return new LogitsDump(await DumpFolder.open(folder), mode === undefined ? Number.POSITIVE_INFINITY : 1)
  }

  async take(session: Session, batch: StepBatch): Promise<void> {
    if (batch.phase !== 'generated') return
    for (let index = 0; index < batch.count && !this.behind && this.linesWritten < this.mostLines; index += 1) {
      const position = batch.positions[index] as number
      const row = session.keptLogitsRow(position)
      if (row === undefined) this.behind = true
      else await this.write(position + 1, batch.ids[index] as number, row)
    }
  }

  async finish(session: Session, { report, settings, promptIds }: InferResult, appRoot: string): Promise<void> {
    if (report.reason === 'failed' || report.reason === 'cancelled' || report.ids.length === 0) return this.discard()
    const wanted = Math.min(report.ids.length, this.mostLines)
    while (this.linesWritten < wanted) {
      const position = promptIds.length + this.linesWritten - 1
      const { logits } = await session.logitsRow(position)
      await this.write(position + 1, report.ids[this.linesWritten] as number, logits)
    }
    await this.folder.publish({
      dtype: session.options.precision,
      prompt_len: promptIds.length,
      gen_len: report.ids.length,
      seed: jsonInteger(settings.sampling.seed),
      kv_aligned: settings.kvAligned ? 1 : 0,
      mode: settings.mode ?? 'generate',
      token_span: { start: promptIds.length, count: this.linesWritten },
      timestamp: `${new Date().toISOString().slice(0, 19)}Z`,
      repo_branch: repositoryBranch(appRoot)
    })
  }

  async discard(): Promise<void> {
    await this.folder.discard()
  }

  private async write(tokenIndex: number, tokenId: number, logits: Float32Array): Promise<void> {
    await this.folder.writeLine(`{"token_idx": ${tokenIndex}, "token_id": ${tokenId}, "logits": ${float32ArrayText(logits)}}`)
    this.linesWritten += 1
  }
}

/** JSON numbers are exact up to 2^53; a larger seed is written as text rather than rounded. */
const jsonInteger = (value: bigint): number | string => (value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString())
