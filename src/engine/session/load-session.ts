import { performance } from 'node:perf_hooks'
import { GretaError } from '../../shared/errors'
import type { OpenedModel } from '../../shared/model/description'
import type { Tokenizer } from '../../shared/model/tokenizer'
import { verifyFilesUnchanged } from '../formats/files'
import { openModel } from '../formats/open-model'
import { runnableOf } from '../formats/runnable'
import {
  backendFolders,
  backendReports,
  fromNative,
  type NativeLoadOptions,
  type NativePlan,
  type NativeSession,
  nativeAddon,
  nativeModelSpec
} from '../native'
import { createTokenizer } from '../tokenizer'
import { EngineSession } from './engine-session'
import { idsOnlyTokenizer } from './ids-only-tokenizer'
import { resolveLoadOptions } from './load-options'
import { memoryPlan, refuseIfTooLarge } from './memory-plan'
import type { DeviceReport, LoadOptions, LoadProgress, MemoryPlan, ResolvedLoadOptions, Session } from './types'

export interface LoadControl {
  readonly onProgress?: (progress: LoadProgress) => void
  readonly signal?: AbortSignal
  /** The model's own tokenizer, where the caller has made it already. */
  readonly tokenizer?: Tokenizer
}

/** Opens, plans and loads. A model that does not fit is refused before any weight is read, with the numbers. */
export async function loadSession(path: string, options: LoadOptions = {}, control: LoadControl = {}): Promise<Session> {
  const begin = performance.now()
  control.onProgress?.({ stage: 'opening', fraction: 0 })
  return loadOpenedModel(await openModel(path), options, control, begin)
}

/** The same for a model that is open already. `beginMilliseconds` is where the load time counts from. */
export async function loadOpenedModel(
  model: OpenedModel,
  options: LoadOptions = {},
  control: LoadControl = {},
  beginMilliseconds = performance.now()
): Promise<Session> {
  const { config, weights } = runnableOf(model)
  const resolved = resolveLoadOptions(options, config)
  const tokenizer = control.tokenizer ?? sessionTokenizer(model)
  control.onProgress?.({ stage: 'planning', fraction: 0 })
  const nativeOptions = nativeLoadOptions(resolved)
  const spec = nativeModelSpec(model, config, weights)
  const planned = nativePlan(() => nativeAddon().planModel(spec, nativeOptions))
  const plan = memoryPlan(planned)
  if (options.ignoreMemoryLimit !== true) refuseIfTooLarge(plan, model.path)
  throwIfAborted(control.signal)
  // Time may have passed since the header was read, and what is mapped next must be the file that was validated.
  verifyFilesUnchanged(model)

  const news = new NewsReader((fraction) => control.onProgress?.({ stage: 'weights', fraction }))
  const native = new (nativeAddon().NativeSession)(() => news.read())
  news.loading = native
  const abort = () => native.cancel()
  control.signal?.addEventListener('abort', abort, { once: true })
  try {
    await native.load(spec, nativeOptions)
    throwIfAborted(control.signal)
  } catch (thrown) {
    await native.close()
    throw fromNative(thrown)
  } finally {
    control.signal?.removeEventListener('abort', abort)
  }
  control.onProgress?.({ stage: 'ready', fraction: 1 })
  const session = new EngineSession(native, {
    model,
    config,
    tokenizer,
    backend: { name: planned.backendName, description: planned.deviceDescription },
    options: resolved,
    plan,
    loadMilliseconds: performance.now() - beginMilliseconds
  })
  news.loading = undefined
  news.session = new WeakRef(session)
  return session
}

/**
 * Whom the engine's wake-ups are for. Once loaded it only knows the session weakly: the engine keeps this object alive,
 * and a session that everybody else has forgotten must be collectable.
 */
class NewsReader {
  loading: NativeSession | undefined
  session: WeakRef<EngineSession> | undefined

  constructor(private readonly onFraction: (fraction: number) => void) {}

  read(): void {
    if (this.loading !== undefined) this.onFraction(this.loading.progress().loadFraction)
    this.session?.deref()?.onNews()
  }
}

/** What a load would take, without taking it. */
export async function planSession(
  path: string,
  options: LoadOptions = {}
): Promise<{ readonly plan: MemoryPlan; readonly options: ResolvedLoadOptions }> {
  return planOpenedModel(await openModel(path), options)
}

export function planOpenedModel(
  model: OpenedModel,
  options: LoadOptions = {}
): { readonly plan: MemoryPlan; readonly options: ResolvedLoadOptions } {
  const { config, weights } = runnableOf(model)
  const resolved = resolveLoadOptions(options, config)
  const spec = nativeModelSpec(model, config, weights)
  return { plan: memoryPlan(nativePlan(() => nativeAddon().planModel(spec, nativeLoadOptions(resolved)))), options: resolved }
}

export const devices = (): readonly DeviceReport[] => backendReports()

/** What turns text into this model's ids; a model without a vocabulary takes ids only. */
export function sessionTokenizer(model: OpenedModel): Tokenizer {
  if (model.tokenizer !== undefined) return createTokenizer(model.tokenizer)
  return idsOnlyTokenizer(model.runnable?.config.vocabularySize ?? 0, model.tokenizerProblem)
}

function nativePlan(plan: () => NativePlan): NativePlan {
  try {
    return plan()
  } catch (thrown) {
    throw fromNative(thrown)
  }
}

function nativeLoadOptions(options: ResolvedLoadOptions): NativeLoadOptions {
  return {
    backend: options.backend,
    backendFolders: backendFolders(),
    context: options.context,
    batch: options.batch,
    kvType: options.kvType === 'f32' ? 0 : 1,
    precision: options.precision === 'f32' ? 0 : 1,
    threads: options.threads,
    deviceIndex: options.deviceIndex,
    logitsHistoryBytes: options.logitsHistoryBytes,
    background: options.background
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new GretaError('cancelled', 'Loading was cancelled.')
}
