import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { framesOfColumns } from '../engine/bundle/columns'
import type { RunStore } from '../engine/bundle/run-store'
import { GretaError } from '../shared/errors'
import { encodeTokenFrame, type EngineActivity, type EngineInfo, type EventData, type EventName, LIMITS } from '../shared/protocol'
import type { EngineDoor } from './engine-door'
import { listFolder } from './file-service'
import type { GenerationService } from './generation-service'
import type { DriftService } from './drift-service'
import type { InspectionService } from './inspection-service'
import { inspection } from './model-summaries'
import type { ModelService } from './model-service'
import type { NumericsService } from './numerics-service'
import type { OpenRuns } from './open-runs'
import type { Handlers } from './page-connection'
import { changedCircumstances, checkRun } from './run-check'
import type { RecentModels, SettingsStore } from './settings-store'
import type { TokenService } from './token-service'
import type { PageUploads } from './uploads'

export interface HostServices {
  readonly engine: EngineDoor
  readonly info: EngineInfo
  readonly settings: SettingsStore
  readonly recents: RecentModels
  readonly models: ModelService
  readonly tokens: TokenService
  readonly generation: GenerationService
  readonly inspection: InspectionService
  readonly numerics: NumericsService
  readonly drift: DriftService
  readonly store: RunStore
  readonly runs: OpenRuns
  readonly uploads: PageUploads
  readonly pageHasLocalPaths: boolean
  readonly tell: <E extends EventName>(event: E, data: EventData<E>) => void
  readonly setActivity: (activity: EngineActivity) => void
}

/** The protocol's methods and who answers them: the host's table of contents. */
export function createHandlers(s: HostServices): Handlers {
  return {
    'engine.info': () => s.info,
    'devices.list': () => ({ devices: s.engine.devices().map((device) => ({ ...device })) }),
    'settings.get': () => s.settings.value,
    'settings.set': (patch) => {
      const settings = s.settings.set(patch)
      if (patch.runsBoundBytes !== undefined) s.store.setBound(settings.runsBoundBytes)
      s.tell('settings.changed', settings)
      return settings
    },
    'files.list': ({ path }) => listFolder(path),
    'files.uploadBegin': ({ name, sizeBytes }) => ({ upload: s.uploads.begin(name, sizeBytes) }),
    'files.uploadReceived': ({ upload }) => ({ receivedBytes: s.uploads.receivedBytes(upload) }),
    'files.uploadCancel': ({ upload }) => {
      s.uploads.cancel(upload)
      return {}
    },
    'files.uploadEnd': ({ upload }) => s.uploads.end(upload),

    'model.inspect': async ({ path }) => inspection(await s.engine.openModel(path)),
    'model.plan': async ({ path, options }) => ({ plans: await s.models.plans(path, options) }),
    'model.load': ({ path, options }) => during(s, { kind: 'loading', description: `loading ${path}` }, () => s.models.load(path, options)),
    'model.cancelLoad': () => {
      s.models.cancelLoad()
      return {}
    },
    'model.unload': async () => {
      if (s.generation.busy) throw new GretaError('busy', 'A generation is running.', 'Stop it first.')
      await s.models.unload()
      return {}
    },
    'model.loaded': () => ({ model: s.models.current ?? null }),
    'model.recents': () => ({ recents: s.recents.list() }),
    'model.forgetRecent': ({ path }) => {
      s.recents.forget(path)
      return {}
    },
    'model.tensorStatistics': ({ path, tensor, bins }) => s.models.tensorStatistics(path, tensor, bins),

    'tokens.encode': (params) => s.tokens.encode(params),
    'tokens.decode': ({ ids }) => s.tokens.decode(ids),
    'tokens.vocabulary': () => s.tokens.vocabulary(),
    'chat.render': (params) => s.tokens.render(params),

    'generate.start': (params) => s.generation.start(params),
    'generate.continue': (params) => s.generation.continue(params),
    'generate.regenerate': (params) => s.generation.regenerate(params),
    'generate.branch': (params) => s.generation.branch(params),
    'generate.stop': () => {
      s.generation.stop()
      return {}
    },

    'logits.row': ({ runId, position }) => s.inspection.logitsRow(runId, position),
    'sampler.explain': ({ runId, position, sampling }) => s.inspection.explain(runId, position, sampling),
    'trace.row': ({ runId, position, traceIndex }) => s.inspection.traceRow(runId, position, traceIndex),
    'profile.bandwidth': async () => {
      if (s.generation.busy) throw new GretaError('busy', 'A generation is running, which would spoil the measurement.', 'Stop it first.')
      const threads = s.models.current?.options.threads ?? availableParallelism()
      const values = (await s.engine.measureReadBandwidth(threads)).slice().sort()
      return {
        bytesPerSecond: values[Math.floor(values.length / 2)] as number,
        threads,
        how: `median of ${values.length} reads of 512 MiB by ${threads} threads`
      }
    },

    'numerics.parity': (params) => s.numerics.parity(params),
    'numerics.divergence': (params) => s.numerics.divergence(params),
    'numerics.equivalence': (params) => s.numerics.equivalence(params),
    'numerics.noise': (params) => s.numerics.noise(params),
    'numerics.health': (params) => s.numerics.health(params),
    'numerics.faultLab': (params) => s.numerics.faultLab(params),
    'numerics.repro': (params) => s.numerics.repro(params),
    'numerics.cancel': () => {
      s.numerics.cancel()
      return {}
    },
    'numerics.lens': ({ runId, position, candidates }) => s.inspection.lens(runId, position, candidates),
    'drift.follow': (params) => ('runId' in params ? s.drift.followRun(params.runId) : s.drift.followEngine(params.reference)),
    'drift.stop': async () => {
      await s.drift.stop()
      return {}
    },

    'runs.list': (query) => s.store.list(query),
    'runs.open': async ({ id }) => s.runs.detailOf(await s.runs.open(id)),
    'runs.frames': async ({ id }, asker) => {
      const run = await s.runs.open(id)
      const { columns } = await s.store.read(id)
      let frames = 0
      for (const frame of framesOfColumns(columns, run.handle)) {
        asker.send(encodeTokenFrame(frame))
        frames += 1
        if (frames % FRAMES_PER_TURN === 0) await nextTurn()
      }
      return { rows: columns.rowCount, frames }
    },
    'runs.update': (update) => s.store.update(update),
    'runs.delete': async ({ ids }) => {
      const deleted = await s.store.delete(ids)
      for (const id of ids) s.runs.forget(id)
      return { deleted }
    },
    'runs.export': async ({ id, path }) => {
      const fileName = `${
        s.store
          .row(id)
          .name.replace(/[^\p{L}\p{N} ._-]+/gu, '')
          .trim() || id
      }.greta`
      if (path === undefined) {
        const file = readBounded(await s.store.bundleWithCard(id))
        return { fileName, sizeBytes: file.byteLength, arrays: { file } }
      }
      if (!s.pageHasLocalPaths)
        throw new GretaError(
          'unsupported',
          'This page may not name a file of the engine’s machine to write to.',
          'Leave the path out to receive the bytes.'
        )
      return { fileName: path, sizeBytes: await s.store.export(id, path), arrays: { file: new Uint8Array(0) } }
    },
    'runs.import': ({ path }) => s.store.import(path),
    'runs.check': async ({ id }) => {
      const session = s.models.require()
      const model = s.models.current
      if (model === undefined || s.generation.busy || session.busy)
        throw new GretaError('busy', 'A generation is running.', 'Stop it first.')
      const { detail, columns } = await s.store.read(id)
      const onProgress = (done: number, total: number): void => s.tell('runs.checkProgress', { runId: id, done, total })
      const circumstances = changedCircumstances(detail, model, s.info.engineBuild)
      return during(s, { kind: 'checking', description: `checking run ${id}` }, () =>
        checkRun(session, detail, columns, circumstances, onProgress, { cancelled: false })
      )
    },
    'runs.diskUse': () => s.store.diskUse
  }
}

/** Frames of a recorded run that are sent before other requests get a turn. */
const FRAMES_PER_TURN = 16
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function during<T>(s: HostServices, activity: EngineActivity, work: () => Promise<T>): Promise<T> {
  s.setActivity(activity)
  try {
    return await work()
  } finally {
    s.setActivity({ kind: 'idle', description: 'waiting' })
  }
}

function readBounded(path: string): Uint8Array {
  const file = readFileSync(path)
  const most = LIMITS.outboundBinaryBytes - 4096
  if (file.byteLength > most)
    throw new GretaError(
      'out-of-range',
      `The run has ${file.byteLength} bytes; a page can receive at most ${most}.`,
      'Copy it from the runs folder.'
    )
  return new Uint8Array(file)
}
