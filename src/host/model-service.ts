import { createHash } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import type { Session } from '../engine/session/types'
import { GretaError } from '../shared/errors'
import type { OpenedModel } from '../shared/model/description'
import {
  type DevicePlan,
  type LoadedModel,
  type LoadOptions,
  type LoadProgress,
  type LoadRequest,
  type TensorStatistics,
  toAnyNumber
} from '../shared/protocol'
import type { EngineDoor } from './engine-door'
import { JsonFile } from './json-file'
import { loadedModel, planSummary } from './model-summaries'
import type { RecentModels } from './settings-store'

const hashesSchema = v.record(v.string(), v.object({ sizeBytes: v.number(), modifiedMilliseconds: v.number(), sha256: v.string() }))

export interface ModelServiceOptions {
  readonly engine: EngineDoor
  readonly dataFolder: string
  readonly recents: RecentModels
  readonly onProgress: (progress: LoadProgress) => void
  /** The loaded model changed, or became better known (its hash). */
  readonly onChange: (model: LoadedModel | undefined) => void
  /** What a restarted host should load. */
  readonly onRemember: (load: LoadRequest | null) => void
  readonly log: (message: string) => void
}

/** The one loaded model, and everything that is asked about model files. */
export class ModelService {
  private session: Session | undefined
  private loaded: LoadedModel | undefined
  private loading: { readonly path: string; readonly abort: AbortController; readonly done: Promise<LoadedModel> } | undefined
  private readonly hashes: JsonFile<typeof hashesSchema>

  constructor(private readonly options: ModelServiceOptions) {
    this.hashes = new JsonFile(join(options.dataFolder, 'model-hashes.json'), hashesSchema, options.log)
  }

  get current(): LoadedModel | undefined {
    return this.loaded
  }

  get loadingPath(): string | undefined {
    return this.loading?.path
  }

  /** The session, or an error that says what to do. */
  require(): Session {
    if (this.session !== undefined) return this.session
    throw new GretaError('not-found', 'No model is loaded.', this.loading === undefined ? 'Open a model first.' : 'It is still loading.')
  }

  /** The session; when a model is being loaded (after a restart, say) it is waited for. */
  async whenLoaded(): Promise<Session> {
    await this.loading?.done.catch(() => undefined) // its own asker is told why it failed
    return this.require()
  }

  load(path: string, options: LoadOptions): Promise<LoadedModel> {
    if (this.loading !== undefined)
      return Promise.reject(new GretaError('busy', `${this.loading.path} is being loaded.`, 'Cancel that first.'))
    if (this.session?.busy) return Promise.reject(new GretaError('busy', 'A generation is running.', 'Stop it first.'))
    const abort = new AbortController()
    const done = this.loadNow(path, options, abort.signal).finally(() => {
      this.loading = undefined
    })
    this.loading = { path, abort, done }
    return done
  }

  private async loadNow(path: string, options: LoadOptions, signal: AbortSignal): Promise<LoadedModel> {
    // One model at a time in memory: the old one goes first, or the new one's plan would not fit where it could.
    await this.unload()
    this.options.onProgress({ path, phase: 'reading', fraction: 0 })
    const session = await this.options.engine.loadSession(path, options, {
      signal,
      onProgress: ({ stage, fraction }) =>
        this.options.onProgress({ path, phase: PHASES[stage], fraction: Math.min(1, Math.max(0, fraction)) })
    })
    this.session = session
    this.loaded = this.describe(session, this.knownHash(session.model))
    this.options.recents.add(path)
    this.options.onRemember({ path, options })
    this.options.onChange(this.loaded)
    if (this.loaded.sha256 === undefined) void this.hashLater(session)
    return this.loaded
  }

  cancelLoad(): void {
    this.loading?.abort.abort()
  }

  async unload(): Promise<void> {
    const { session } = this
    if (session === undefined) return
    this.session = undefined
    this.loaded = undefined
    this.options.onRemember(null)
    this.options.onChange(undefined)
    await session.close()
  }

  /** What each available backend would need for the model, or why it cannot run it. */
  async plans(path: string, options: LoadOptions): Promise<readonly DevicePlan[]> {
    const plans: DevicePlan[] = []
    for (const device of this.options.engine.devices()) {
      if (!device.available) {
        plans.push({ device: { ...device }, reason: device.reason })
        continue
      }
      try {
        const { plan } = await this.options.engine.planSession(path, { ...options, backend: device.name })
        plans.push({ device: { ...device }, plan: planSummary(plan) })
      } catch (thrown) {
        if (
          !(thrown instanceof GretaError) ||
          (thrown.code !== 'unsupported' && thrown.code !== 'device' && thrown.code !== 'out-of-memory')
        )
          throw thrown
        plans.push({ device: { ...device }, reason: thrown.message })
      }
    }
    return plans
  }

  async tensorStatistics(path: string | undefined, name: string, bins: number): Promise<TensorStatistics> {
    const opened: OpenedModel = path === undefined ? this.require().model : await this.options.engine.openModel(path)
    const tensor = opened.tensors.find((candidate) => candidate.name === name)
    if (tensor === undefined) throw new GretaError('not-found', `${opened.path} has no tensor "${name}".`)
    const begin = performance.now()
    const found = await this.options.engine.tensorStatistics(opened, tensor, bins)
    const variance = Math.max(0, found.rms * found.rms - found.mean * found.mean)
    return {
      name,
      type: tensor.type,
      shape: tensor.shape,
      elementCount: found.count,
      nanCount: found.nan,
      positiveInfinityCount: found.positiveInfinity,
      negativeInfinityCount: found.negativeInfinity,
      zeroCount: found.zero,
      minimum: toAnyNumber(found.min),
      maximum: toAnyNumber(found.max),
      mean: toAnyNumber(found.mean),
      standardDeviation: toAnyNumber(Math.sqrt(variance)),
      rms: toAnyNumber(found.rms),
      absoluteMaximum: toAnyNumber(found.absmax),
      histogram: { minimum: toAnyNumber(found.min), maximum: toAnyNumber(found.max), counts: Array.from(found.histogram) },
      milliseconds: performance.now() - begin
    }
  }

  private describe(session: Session, sha256: string | undefined): LoadedModel {
    return loadedModel(session, sha256)
  }

  private knownHash(model: OpenedModel): string | undefined {
    const stored = this.hashes.read()?.[model.path]
    if (stored === undefined) return undefined
    const { sizeBytes, modifiedMilliseconds } = fingerprint(model)
    return stored.sizeBytes === sizeBytes && stored.modifiedMilliseconds === modifiedMilliseconds ? stored.sha256 : undefined
  }

  private async hashLater(session: Session): Promise<void> {
    try {
      const hash = createHash('sha256')
      for (const file of session.model.files)
        for await (const chunk of createReadStream(file.path, { highWaterMark: 1 << 20 })) {
          if (this.session !== session) return
          hash.update(chunk as Buffer)
        }
      const sha256 = hash.digest('hex')
      this.hashes.writeOrTell({ ...this.hashes.read(), [session.model.path]: { ...fingerprint(session.model), sha256 } })
      if (this.session !== session) return
      this.loaded = this.describe(session, sha256)
      this.options.onChange(this.loaded)
    } catch (thrown) {
      this.options.log(`${session.model.path} could not be hashed: ${(thrown as Error).message}`)
    }
  }
}

const PHASES = { opening: 'reading', planning: 'planning', weights: 'loading', ready: 'ready' } as const

/** Changes whenever somebody writes to a file of the model. */
function fingerprint(model: OpenedModel): { readonly sizeBytes: number; readonly modifiedMilliseconds: number } {
  const entries = model.files.map((file) => statSync(file.path))
  return {
    sizeBytes: entries.reduce((sum, entry) => sum + entry.size, 0),
    modifiedMilliseconds: Math.max(...entries.map((entry) => entry.mtimeMs))
  }
}
