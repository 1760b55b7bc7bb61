import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { RunStore } from '../engine/bundle/run-store'
import { toErrorData } from '../shared/errors'
import {
  type EngineActivity,
  encodeEvent,
  type EventData,
  type EventName,
  type HostConfiguration,
  type LoadRequest,
  type Message
} from '../shared/protocol'
import { DriftService } from './drift-service'
import type { EngineDoor } from './engine-door'
import { GenerationService } from './generation-service'
import { createHandlers, type HostServices } from './handlers'
import { InspectionService } from './inspection-service'
import { ModelService } from './model-service'
import { NumericsService } from './numerics-service'
import { OpenRuns } from './open-runs'
import { PageConnection } from './page-connection'
import { RecentModels, SettingsStore } from './settings-store'
import { TokenService } from './token-service'
import { PageUploads, Uploads } from './uploads'

const BUNDLED_MODEL = 'models/greta-stories-22m.Q4_K_M.gguf'

export interface EngineHostOptions {
  readonly configuration: HostConfiguration
  readonly engine: EngineDoor
  readonly onActivity: (activity: EngineActivity) => void
  readonly onRemember: (load: LoadRequest | null) => void
  readonly log: (message: string) => void
}

/** The engine host: pages on one side, the engine on the other, and what is kept between runs of the program. */
export class EngineHost {
  private readonly pages = new Set<PageConnection>()

  private readonly uploads: Uploads

  private constructor(
    private readonly services: Omit<HostServices, 'uploads'>,
    private readonly options: EngineHostOptions
  ) {
    this.uploads = new Uploads(options.configuration.dataFolder)
  }

  static async create(options: EngineHostOptions): Promise<EngineHost> {
    const { configuration, engine, log } = options
    const { dataFolder, resourcesFolder, appVersion } = configuration
    const bundled = join(resourcesFolder, BUNDLED_MODEL)
    const bundledModel = existsSync(bundled) ? bundled : undefined
    const settings = new SettingsStore(dataFolder, log)
    const recents = new RecentModels(dataFolder, bundledModel, log)
    const runsFolder = join(dataFolder, 'runs')

    let host: EngineHost | undefined
    const broadcast = (message: Message): void => host?.broadcast(message)
    const tell = <E extends EventName>(event: E, data: EventData<E>): void => broadcast(encodeEvent(event, data))
    const store = await RunStore.open({
      folder: runsFolder,
      boundBytes: settings.value.runsBoundBytes,
      onChange: (ids) => tell('runs.changed', { ids }),
      log
    })
    const models = new ModelService({
      engine,
      dataFolder,
      recents,
      log,
      onProgress: (progress) => tell('model.progress', progress),
      onChange: (model) => tell('model.changed', { model: model ?? null }),
      onRemember: options.onRemember
    })
    const tokens = new TokenService(models, engine)
    const runs = new OpenRuns(store)
    const engineBuild = (): string => engine.build()
    const setActivity = options.onActivity
    const numerics = new NumericsService({
      engine,
      models,
      runs,
      dataFolder,
      onProgress: (what, fraction) => tell('numerics.progress', { what, fraction }),
      setActivity
    })
    const drift = new DriftService(numerics, store, tell)
    const generation = new GenerationService({ models, tokens, store, runs, drift, engineBuild, broadcast, tell, setActivity, log })
    host = new EngineHost(
      {
        engine,
        info: {
          appVersion,
          engineBuild: engine.build(),
          nodeVersion: process.versions.node,
          platform: `${process.platform} ${process.arch}`,
          processId: process.pid,
          runsFolder,
          ...(bundledModel === undefined ? {} : { bundledModel })
        },
        settings,
        recents,
        models,
        tokens,
        generation,
        inspection: new InspectionService(models, runs, engine),
        numerics,
        drift,
        store,
        runs,
        pageHasLocalPaths: configuration.pageHasLocalPaths,
        tell,
        setActivity
      },
      options
    )
    return host
  }

  /** What is loaded before anybody asks: what the supervisor names, or the last model, or the bundled one. */
  async loadFirstModel(): Promise<void> {
    const { configuration, log } = this.options
    const { settings, recents, models } = this.services
    const remembered = settings.value.reopenLastModel ? recents.lastPath : undefined
    const path = remembered ?? this.services.info.bundledModel
    const chosen: LoadRequest | undefined =
      configuration.load ?? (configuration.openSomething && path !== undefined ? { path, options: settings.value.load } : undefined)
    if (chosen === undefined) return
    this.options.onActivity({ kind: 'loading', description: `loading ${chosen.path}` })
    try {
      await models.load(chosen.path, chosen.options)
    } catch (thrown) {
      const { message } = toErrorData(thrown)
      log(`The model was not loaded: ${message}`)
      this.services.tell('model.failed', { path: chosen.path, error: toErrorData(thrown) })
    } finally {
      this.options.onActivity({ kind: 'idle', description: 'waiting' })
    }
  }

  /** A page that is connected; give what it sends to `receive`, and call `close` when it is gone. */
  connect(send: (message: Message) => void): { readonly receive: (message: Message) => void; readonly close: () => void } {
    const uploads = new PageUploads(this.uploads)
    const page = new PageConnection(
      createHandlers({ ...this.services, uploads }),
      (upload, sequence, chunk) => uploads.chunk(upload, sequence, chunk),
      send,
      this.options.log
    )
    this.pages.add(page)
    return {
      receive: (message) => page.receive(message),
      close: () => {
        this.pages.delete(page)
        uploads.close()
      }
    }
  }

  /** Stops what runs, keeps it, frees the engine. */
  async close(): Promise<void> {
    const { generation, store, models, numerics, drift } = this.services
    models.cancelLoad()
    numerics.cancel()
    await drift.stop()
    await generation.settle()
    await store.settled()
    this.uploads.close()
    await models.unload()
  }

  private broadcast(message: Message): void {
    for (const page of this.pages) page.send(message)
  }
}
