import { evaluateSteps } from '../engine/numerics/collect'
import { lensReport } from '../engine/numerics/lens-report'
import type { Session } from '../engine/session/types'
import { GretaError } from '../shared/errors'
import { type Answer, fromSamplingMessage, type SamplingMessage, toWire } from '../shared/protocol'
import type { EngineDoor } from './engine-door'
import type { ModelService } from './model-service'
import type { OpenRun, OpenRuns } from './open-runs'
import { faultsAt, faultsOf, settingsAt } from './planted-fault'
import { explainSampler } from './sampler-explanation'
import { sequenceLogits } from './sequence-logits'

/** Looks closely at one position of a run, live or recorded. */
export class InspectionService {
  constructor(
    private readonly models: ModelService,
    private readonly runs: OpenRuns,
    private readonly engine: EngineDoor
  ) {}

  async logitsRow(runId: string, position: number): Promise<Answer<'logits.row'>> {
    const { session, run } = await this.of(runId)
    const { logits, source } = await sequenceLogits(session, run.ids, position, faultsAt(run.detail, position))
    return { position, source, chosenId: run.ids[position + 1] ?? -1, arrays: { logits } }
  }

  async explain(runId: string, position: number, other: SamplingMessage | undefined): Promise<Answer<'sampler.explain'>> {
    const { session, run } = await this.of(runId)
    const { logits, source } = await sequenceLogits(session, run.ids, position, faultsAt(run.detail, position))
    return explainSampler(this.engine, {
      runId,
      position,
      logits,
      source,
      history: Int32Array.from(run.ids.slice(0, position + 1)),
      chosenId: run.ids[position + 1] ?? -1,
      sampling: fromSamplingMessage(other ?? settingsAt(run.detail, position).sampling)
    })
  }

  /** Values of one trace point at one position, by evaluating the sequence up to there again: the same arithmetic, the same bits. */
  async traceRow(runId: string, position: number, traceIndex: number): Promise<Answer<'trace.row'>> {
    const { session, run } = await this.of(runId)
    if (position >= run.ids.length)
      throw new GretaError('out-of-range', `Position ${position} is outside the run's ${run.ids.length} tokens.`)
    const request = {
      ids: run.ids.slice(0, position + 1),
      from: position,
      logits: false,
      candidates: 0,
      trace: { captures: [traceIndex] },
      // As it was evaluated last: a request with a fault, or after one, computes the whole sequence again.
      faults: faultsOf(run.detail.settings)
    }
    let values: Float32Array | undefined
    await evaluateSteps(session, request, ({ captures, count }) => {
      if (captures !== undefined) values = captures.slice(-captures.length / count)
    })
    if (values === undefined) throw new GretaError('out-of-range', `There is no trace point ${traceIndex} in this model.`)
    return { position, traceIndex, source: 're-evaluated', arrays: { values } }
  }

  /** The logit lens at one position of the run, through the loaded model's own head. */
  async lens(runId: string, position: number, candidates: number): Promise<Answer<'numerics.lens'>> {
    const { session, run } = await this.of(runId)
    if (position >= run.ids.length)
      throw new GretaError('out-of-range', `Position ${position} is outside the run's ${run.ids.length} tokens.`)
    if (faultsOf(run.detail.settings).length > 0)
      throw new GretaError(
        'unsupported',
        'A fault was planted in this run, and the lens evaluates without it: it would show another computation.',
        'Generate again without the fault.'
      )
    return toWire(await lensReport(session, run.ids, position, candidates)) as Answer<'numerics.lens'>
  }

  private async of(runId: string): Promise<{ readonly session: Session; readonly run: OpenRun }> {
    const session = this.models.require()
    const run = await this.runs.open(runId)
    const { modelSha256, modelFileName } = run.detail.row
    const loaded = this.models.current
    const known = modelSha256 !== undefined && loaded?.sha256 !== undefined
    const same = known
      ? modelSha256 === loaded.sha256
      : modelFileName === loaded?.fileName && run.detail.model.sizeBytes === loaded.sizeBytes
    if (!same)
      throw new GretaError(
        'not-found',
        `This run was made with ${modelFileName}; ${loaded?.fileName ?? 'no model'} is loaded.`,
        `Load ${modelFileName} to compute what the recording does not hold.`
      )
    return { session, run }
  }
}
