import { join } from 'node:path'
import { limitsFor } from '../engine/numerics/bands'
import { evaluateSteps } from '../engine/numerics/collect'
import { checkEquivalence } from '../engine/numerics/equivalence'
import { runFaultLab } from '../engine/numerics/fault-lab'
import { findFirstDivergence } from '../engine/numerics/first-divergence'
import { checkHealth } from '../engine/numerics/health'
import { measureNoise } from '../engine/numerics/noise-floor'
import { compareSessions, pairTraits } from '../engine/numerics/parity'
import { exportRepro } from '../engine/numerics/repro'
import type { Session } from '../engine/session/types'
import { GretaError } from '../shared/errors'
import type { Tokenizer } from '../shared/model/tokenizer'
import { type Answer, type EngineActivity, type Sequence, type Side, toWire, type ValidParams } from '../shared/protocol'
import type { EngineDoor } from './engine-door'
import type { ModelService } from './model-service'
import type { OpenRuns } from './open-runs'

export interface NumericsServiceOptions {
  readonly engine: EngineDoor
  readonly models: ModelService
  readonly runs: OpenRuns
  readonly dataFolder: string
  readonly onProgress: (what: string, fraction: number) => void
  readonly setActivity: (activity: EngineActivity) => void
}

type Kind = 'noise' | 'parity' | 'divergence' | 'equivalence' | 'health' | 'faultLab' | 'repro'
type NumericParams<K extends Kind> = ValidParams<`numerics.${K}`>
type NumericAnswer<K extends Kind> = Answer<`numerics.${K}`>

/** Progress events are sent at most this often. */
const PROGRESS_MILLISECONDS = 100

/**
 * The numeric tools for pages. Each job loads sessions of its own (weights are mapped, so they are shared) and closes them;
 * one job at a time.
 */
export class NumericsService {
  private job: AbortController | undefined
  private shown = 0

  constructor(private readonly options: NumericsServiceOptions) {}

  cancel(): void {
    this.job?.abort()
  }

  parity({ reference, test, sequence, localPositions }: NumericParams<'parity'>): Promise<NumericAnswer<'parity'>> {
    return this.withSides('comparing', reference, test, async (own, other, signal) => {
      const ids = await this.idsOf(sequence, other.tokenizer)
      const report = await compareSessions(own, other, ids, {
        signal,
        onProgress: this.progress,
        ...(localPositions === undefined ? {} : { localPositions })
      })
      return toWire(report) as NumericAnswer<'parity'>
    })
  }

  divergence({ reference, test, sequence, fault }: NumericParams<'divergence'>): Promise<NumericAnswer<'divergence'>> {
    return this.withSides('searching the first divergence', reference, test, async (own, other, signal) => {
      const ids = await this.idsOf(sequence, other.tokenizer)
      const limit = limitsFor(pairTraits(own, other)).localNmse
      const faults = fault === undefined ? {} : { faults: [fault] }
      return toWire(
        await findFirstDivergence(own, other, ids, { limit, signal, onProgress: this.progress, ...faults })
      ) as NumericAnswer<'divergence'>
    })
  }

  faultLab({ reference, test, sequence }: NumericParams<'faultLab'>): Promise<NumericAnswer<'faultLab'>> {
    return this.withSides('fault lab', reference, test, async (own, other, signal) => {
      const ids = await this.idsOf(sequence, other.tokenizer)
      const limit = limitsFor(pairTraits(own, other)).localNmse
      const exercises = await runFaultLab(own, other, ids, { limit, signal, onExercise: (name) => this.progress(name, 0) })
      return toWire({ exercises }) as NumericAnswer<'faultLab'>
    })
  }

  repro({ reference, test, sequence, layer, point, position, fault }: NumericParams<'repro'>): Promise<NumericAnswer<'repro'>> {
    return this.withSides('exporting an operation', reference, test, async (own, other, signal) => {
      const ids = await this.idsOf(sequence, other.tokenizer)
      await evaluateSteps(other, { ids, logits: false }, () => undefined, signal)
      const stamp = new Date().toISOString().replace(/[:.]/g, '-')
      const folder = join(this.options.dataFolder, 'repros', `layer-${layer}-${point}-${stamp}`)
      const limit = limitsFor(pairTraits(own, other)).localNmse
      await exportRepro(own, other, { layer, point, position, limit, ...(fault === undefined ? {} : { faults: [fault] }) }, folder)
      return { folder }
    })
  }

  equivalence({ test, sequence }: NumericParams<'equivalence'>): Promise<NumericAnswer<'equivalence'>> {
    return this.asJob('checking equivalence', (signal) =>
      this.withSession(test, (session) =>
        this.withSession(test, async (secondSession) => {
          const ids = await this.idsOf(sequence, session.tokenizer)
          const report = await checkEquivalence(session, ids, { secondSession, signal, onWay: (name) => this.progress(name, 0) })
          return toWire(report) as NumericAnswer<'equivalence'>
        })
      )
    )
  }

  noise({ test, sequence }: NumericParams<'noise'>): Promise<NumericAnswer<'noise'>> {
    return this.asJob('measuring the noise floor', (signal) =>
      this.withSession(test, (session) =>
        this.withSession({ ...test, threads: 1 }, async (second) => {
          const ids = await this.idsOf(sequence, session.tokenizer)
          return toWire(
            await measureNoise(session, second, ids, { signal, onRepeat: (name) => this.progress(name, 0) })
          ) as NumericAnswer<'noise'>
        })
      )
    )
  }

  health({ test, sequences }: NumericParams<'health'>): Promise<NumericAnswer<'health'>> {
    return this.asJob('checking health', (signal) =>
      this.withSession(test, async (session) => {
        const prompts = await Promise.all(sequences.map((sequence) => this.idsOf(sequence, session.tokenizer)))
        const onPrompt = (index: number): void => this.progress(`prompt ${index + 1} of ${prompts.length}`, index / prompts.length)
        return toWire(await checkHealth(session, prompts, { signal, onPrompt })) as NumericAnswer<'health'>
      })
    )
  }

  /** A session for one side: the loaded model's file and options, where the side does not say otherwise. */
  async openSide(side: Side, traits: { readonly defaultBackend?: string; readonly background?: boolean } = {}): Promise<Session> {
    const loaded = this.options.models.current
    const path = side.path ?? loaded?.path
    if (path === undefined) throw new GretaError('not-found', 'No model is loaded and no file was named.', 'Open a model first.')
    const backend = side.backend ?? traits.defaultBackend ?? loaded?.backend
    return this.options.engine.loadSession(path, {
      ...(loaded === undefined ? {} : { context: loaded.options.context, kvType: loaded.options.kvType, threads: loaded.options.threads }),
      ...(backend === undefined ? {} : { backend }),
      ...(traits.background === undefined ? {} : { background: traits.background }),
      ...(side.kvType === undefined ? {} : { kvType: side.kvType }),
      ...(side.precision === undefined ? {} : { precision: side.precision }),
      ...(side.threads === undefined ? {} : { threads: side.threads })
    })
  }

  private async idsOf(sequence: Sequence, tokenizer: Tokenizer): Promise<readonly number[]> {
    const ids =
      sequence.kind === 'ids'
        ? sequence.ids
        : sequence.kind === 'text'
          ? tokenizer.encode(sequence.text)
          : (await this.options.runs.open(sequence.runId)).ids
    if (ids.length === 0) throw new GretaError('usage', 'The sequence is empty: there is nothing to evaluate.')
    return ids
  }

  private withSides<T>(
    description: string,
    reference: Side,
    test: Side,
    work: (reference: Session, test: Session, signal: AbortSignal) => Promise<T>
  ): Promise<T> {
    return this.asJob(description, (signal) =>
      this.withSession(test, (other) => this.withSession({ backend: 'reference', ...reference }, (own) => work(own, other, signal)))
    )
  }

  private async withSession<T>(side: Side, work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.openSide(side)
    try {
      return await work(session)
    } finally {
      await session.close()
    }
  }

  private async asJob<T>(description: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.job !== undefined) throw new GretaError('busy', 'Another numeric check is running.', 'Cancel it, or wait for it.')
    const job = new AbortController()
    this.job = job
    this.options.setActivity({ kind: 'numerics', description })
    try {
      return await work(job.signal)
    } catch (thrown) {
      if (job.signal.aborted) throw new GretaError('cancelled', 'The check was cancelled.')
      throw thrown
    } finally {
      this.job = undefined
      this.options.setActivity({ kind: 'idle', description: 'waiting' })
    }
  }

  private readonly progress = (what: string, fraction: number): void => {
    const now = performance.now()
    if (now - this.shown < PROGRESS_MILLISECONDS) return
    this.shown = now
    this.options.onProgress(what, fraction)
  }
}
