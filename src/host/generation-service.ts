import type { RecordedDetail } from '../engine/bundle/bundle'
import { framesOfColumns, type RunColumns } from '../engine/bundle/columns'
import { sketchesOf } from '../engine/numerics/drift-rows'
import { previewOf, type RunRecorder } from '../engine/bundle/run-recorder'
import type { RunStore } from '../engine/bundle/run-store'
import type { FinishReport, Running, Session } from '../engine/session/types'
import { GretaError, toErrorData } from '../shared/errors'
import { systemReason } from '../shared/system-errors'
import {
  encodeTokenFrame,
  type EngineActivity,
  type EventData,
  type EventName,
  type GenerationSettings,
  type Message,
  type Prompt,
  type RunDetail,
  type RunRow,
  type ValidParams
} from '../shared/protocol'
import { branchColumns } from './branch'
import { faultsAt } from './planted-fault'
import type { DriftService, FollowedRun } from './drift-service'
import { FrameCoalescer } from './frame-coalescer'
import type { ModelService } from './model-service'
import type { OpenRun, OpenRuns } from './open-runs'
import { type Launched, launchGeneration } from './generation-launch'
import { EMPTY_SUMMARY, newRunId, summaryOf } from './run-text'
import type { TokenService } from './token-service'

export interface GenerationServiceOptions {
  readonly models: ModelService
  readonly tokens: TokenService
  readonly store: RunStore
  readonly runs: OpenRuns
  readonly drift: DriftService
  readonly engineBuild: () => string
  readonly broadcast: (message: Message) => void
  readonly tell: <E extends EventName>(event: E, data: EventData<E>) => void
  readonly setActivity: (activity: EngineActivity) => void
  readonly log: (message: string) => void
}

interface Parent {
  readonly runId: string
  readonly position: number
  readonly tokenId: number
}

/** Generates: start, continue, regenerate, branch, stop. One generation at a time; each is kept as a run from its first token on. */
export class GenerationService {
  private active: Launched | undefined
  private done: Promise<void> = Promise.resolve()

  constructor(private readonly options: GenerationServiceOptions) {}

  get busy(): boolean {
    return this.active !== undefined
  }

  async start({ prompt, ...settings }: ValidParams<'generate.start'>): Promise<RunDetail> {
    const session = await this.idleSession()
    const { ids, text } = await this.options.tokens.promptIds(prompt)
    return this.begin(session, this.newDetail(prompt, ids, text, settings), ids)
  }

  async regenerate({ runId, ...settings }: ValidParams<'generate.regenerate'>): Promise<RunDetail> {
    const session = await this.idleSession()
    const { detail } = await this.options.runs.open(runId)
    return this.begin(session, this.newDetail(detail.prompt, detail.promptIds, detail.promptText, settings), detail.promptIds)
  }

  async branch({ runId, position, tokenId, ...settings }: ValidParams<'generate.branch'>): Promise<RunDetail> {
    const session = await this.idleSession()
    const parent = await this.options.runs.open(runId)
    const promptLength = parent.detail.promptIds.length
    if (position < promptLength || position >= parent.ids.length)
      throw new GretaError(
        'out-of-range',
        `A branch begins at a generated token: positions ${promptLength} to ${parent.ids.length - 1} of this run, not ${position}.`
      )
    if (tokenId >= session.config.vocabularySize)
      throw new GretaError('out-of-range', `Token ${tokenId} is beyond the vocabulary of ${session.config.vocabularySize} tokens.`)
    const { columns } = await this.options.store.read(runId)
    const kept = await branchColumns(session, columns, parent.ids, position, tokenId, faultsAt(parent.detail, position - 1))
    const ids = [...parent.ids.slice(0, position), tokenId]
    const { prompt, promptIds, promptText } = parent.detail
    const detail = this.newDetail(prompt, promptIds, promptText, settings, { runId, position, tokenId }, ids.length - promptLength)
    return this.begin(session, detail, ids, kept)
  }

  async continue({ runId, ...settings }: ValidParams<'generate.continue'>): Promise<RunDetail> {
    const session = await this.idleSession()
    const run = await this.options.runs.open(runId)
    const firstToken = run.ids.length - run.detail.promptIds.length
    const launched = this.launch(session, run, settings)
    const row: RunRow = {
      ...run.detail.row,
      state: 'running',
      seed: settings.sampling.seed,
      ...(settings.fault === undefined ? {} : { plantedFault: true })
    }
    const detail = { ...run.detail, row, settings, segments: [...run.detail.segments, { firstToken, settings }] }
    let resumed: RunRecorder | undefined
    try {
      resumed = await this.options.store.resume(runId, firstToken, (columns) => encodeAll(columns, run.handle))
      resumed.update(detail)
      // It may have been deleted meanwhile.
      this.options.store.replaceRow(row)
    } catch (thrown) {
      this.withdraw(run)
      resumed?.discard()
      throw thrown
    }
    run.detail = detail
    this.run(session, run, resumed, launched, true)
    return this.options.runs.detailOf(run)
  }

  stop(): void {
    this.active?.running.cancel()
  }

  /** Ends what runs and waits until it is kept. */
  async settle(): Promise<void> {
    this.stop()
    await this.done
  }

  private async idleSession(): Promise<Session> {
    const session = await this.options.models.whenLoaded()
    if (this.active !== undefined || session.busy) throw busyError()
    return session
  }

  private newDetail(
    prompt: Prompt,
    promptIds: readonly number[],
    promptText: string,
    settings: GenerationSettings,
    parent?: Parent,
    firstToken = 0
  ): RecordedDetail {
    const model = this.options.models.current
    if (model === undefined) throw new GretaError('not-found', 'No model is loaded.')
    const { loadMilliseconds: _, ...recordedModel } = model
    // What a branch keeps of its parent was computed with the parent's faults.
    const planted = settings.fault !== undefined || (parent !== undefined && this.options.store.row(parent.runId).plantedFault === true)
    const row: RunRow = {
      id: newRunId(),
      name: '',
      tags: [],
      pinned: false,
      createdAt: new Date().toISOString(),
      state: 'running',
      imported: false,
      modelFileName: model.fileName,
      ...(model.sha256 === undefined ? {} : { modelSha256: model.sha256 }),
      quantLabel: model.quantLabel,
      backend: model.backend,
      device: model.device,
      engineBuild: this.options.engineBuild(),
      seed: settings.sampling.seed,
      promptPreview: previewOf(promptText),
      textPreview: '',
      summary: { ...EMPTY_SUMMARY, promptTokens: promptIds.length, generatedTokens: firstToken },
      ...(planted ? { plantedFault: true as const } : {}),
      ...(parent === undefined ? {} : { parent }),
      sizeBytes: 0
    }
    return {
      row,
      prompt,
      promptIds,
      promptText,
      settings,
      segments: [{ firstToken, settings }],
      model: recordedModel,
      layerCount: model.config.layerCount,
      notes: ''
    }
  }

  private begin(session: Session, detail: RecordedDetail, ids: readonly number[], kept?: RunColumns): RunDetail {
    if (ids.length === 0)
      throw new GretaError(
        'usage',
        'The prompt is empty: there is no token to go on from.',
        'Write something, or let the file put its BOS token first.'
      )
    if (ids.length >= session.options.context)
      throw new GretaError(
        'out-of-range',
        `The prompt has ${ids.length} tokens; the context holds ${session.options.context}.`,
        'Shorten the prompt, or load the model with a longer context.'
      )
    const text = kept === undefined ? '' : new TextDecoder().decode(kept.text)
    const run = this.options.runs.add(detail, ids, text, false)
    const keptFrames = kept === undefined ? [] : [...encodeAll(kept, run.handle)]
    let recorder: RunRecorder | undefined
    try {
      const launched = this.launch(session, run, detail.settings)
      recorder = this.options.store.begin(detail)
      for (const frame of keptFrames) recorder.append(frame)
      this.run(session, run, recorder, launched, false, keptFrames)
    } catch (thrown) {
      this.withdraw(run)
      if (recorder !== undefined) this.options.store.abandon(recorder)
      this.options.runs.forget(run.id)
      throw thrown
    }
    return this.options.runs.detailOf(run)
  }

  /** Asks the engine. From here on the service is busy; a request that is refused changes nothing. */
  private launch(session: Session, run: OpenRun, settings: GenerationSettings): Launched {
    if (this.active !== undefined || session.busy) throw busyError()
    this.active = launchGeneration(session, run, settings, this.options.drift)
    return this.active
  }

  /** Takes a launch back: the library cannot keep the run. */
  private withdraw(run: OpenRun): void {
    if (this.active?.run !== run) return
    this.active.running.cancel()
    this.active.followed?.end()
    this.active = undefined
  }

  private run(
    session: Session,
    run: OpenRun,
    recorder: RunRecorder,
    { running, followed }: Launched,
    continued: boolean,
    keptFrames: readonly Message[] = []
  ): void {
    const { row, promptIds } = run.detail
    this.options.tell('run.started', { row, handle: run.handle, promptTokens: promptIds.length, reusedTokens: 0, continued })
    for (const frame of keptFrames) this.options.broadcast(frame)
    this.done = this.follow(session, run, recorder, running, followed).catch(async (thrown: unknown) => {
      this.options.log(`run ${run.id}: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`)
      running.cancel()
      const report = await running.result
      // It must have an end, or nothing could be generated any more.
      if (this.active?.run === run) this.finish(run, recorder, { ...report, reason: 'failed', error: toErrorData(thrown) }, undefined)
    })
  }

  private async follow(
    session: Session,
    run: OpenRun,
    recorder: RunRecorder,
    running: Running,
    followed: FollowedRun | undefined
  ): Promise<void> {
    const description = `generating run ${run.id}`
    this.options.setActivity({ kind: 'prompt', description: `${description} (reading the prompt)`, position: 0 })
    let sequence = 0
    let keepFailure: string | undefined
    const { layerCount, embeddingLength } = session.config
    const coalescer = new FrameCoalescer(layerCount, (body) => {
      const frame = encodeTokenFrame({
        ...body,
        handle: run.handle,
        sequence: sequence++,
        recorded: false,
        sentAtMilliseconds: epochMilliseconds()
      })
      try {
        if (keepFailure === undefined) recorder.append(frame) // first kept, then shown
      } catch (thrown) {
        keepFailure = `The run could not be kept whole: ${systemReason(thrown)}.`
        this.options.log(keepFailure)
      }
      this.options.broadcast(frame)
      const position = body.positions[body.count - 1]
      this.options.setActivity({ kind: 'generating', description, ...(position === undefined ? {} : { position }) })
    })
    for await (const event of running) {
      if (event.kind === 'steps') {
        // Prompt rows are captured too where statistics are; only generated ones are compared.
        const sketches = event.batch.phase === 'generated' ? sketchesOf(event.batch, layerCount, embeddingLength) : undefined
        followed?.push(event.batch, sketches ?? NO_SKETCHES)
        coalescer.pushBatch(event.batch, sketches)
      } else if (event.kind === 'text') coalescer.pushText(event.text, event.tokenIndex)
      else if (event.kind === 'prefill')
        this.options.tell('run.prefill', { handle: run.handle, done: event.done, total: event.total, reused: event.reused })
    }
    const report = await running.result
    coalescer.flush()
    followed?.end()
    this.finish(run, recorder, report, keepFailure)
  }

  private finish(run: OpenRun, recorder: RunRecorder, report: FinishReport, keepFailure: string | undefined): void {
    const promptTokens = run.detail.promptIds.length
    run.ids = [...run.ids, ...report.ids]
    run.text += report.text
    const summary = summaryOf(report, promptTokens, run.ids.length - promptTokens)
    const { error } = report
    const failure = error?.message ?? keepFailure
    const reason = report.reason === 'evaluated' ? 'length' : report.reason
    run.detail = {
      ...run.detail,
      row: { ...run.detail.row, state: reason, summary, textPreview: previewOf(run.text) },
      ...(failure === undefined ? {} : { failure })
    }
    this.active = undefined
    this.options.setActivity({ kind: 'idle', description: 'waiting' })
    let notKept = keepFailure
    try {
      recorder.update(run.detail)
    } catch (thrown) {
      notKept ??= `The run could not be kept: ${systemReason(thrown)}.`
      this.options.log(`Run ${run.id}: ${notKept}`)
    }
    this.options.tell('run.finished', {
      runId: run.id,
      handle: run.handle,
      reason,
      ...(error === undefined ? {} : { error }),
      ...(report.stopString === undefined ? {} : { stopString: report.stopString }),
      ...(notKept === undefined ? {} : { notKept }),
      summary,
      text: run.text
    })
    void this.options.store.finish(recorder, run.text)
  }
}

const busyError = (): GretaError => new GretaError('busy', 'A generation is running.', 'Stop it first.')

const NO_SKETCHES = new Float32Array(0)

const epochMilliseconds = (): number => performance.timeOrigin + performance.now()

function* encodeAll(columns: RunColumns, handle: number): Generator<Uint8Array<ArrayBuffer>> {
  for (const frame of framesOfColumns(columns, handle)) yield encodeTokenFrame({ ...frame, recorded: false })
}
