import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openModel } from '../engine/formats/open-model'
import { backendFolders, measureReadBandwidth, nativeAddon, nativeSampling, setAppRoot, tensorStatistics } from '../engine/native'
import { devices, loadSession, planSession } from '../engine/session'
import type { SessionModule } from '../engine/session/types'
import { renderChat } from '../engine/template'
import type { SamplingSettings } from '../shared/model/sampling'

export interface SampledRow {
  /** -1: nothing could be chosen. */
  readonly id: number
  readonly survivorIds: Int32Array
  readonly survivorLogits: Float64Array
}

/** Everything the host asks of the engine, in one place: the tests of the host put a small scripted engine here. */
export interface EngineDoor extends SessionModule {
  readonly openModel: typeof openModel
  readonly renderChat: typeof renderChat
  readonly tensorStatistics: typeof tensorStatistics
  readonly measureReadBandwidth: typeof measureReadBandwidth
  /** The sampler of the token loop on one row: with a shorter `order`, what is left after those stages. */
  sampleRow(logits: Float32Array, sampling: SamplingSettings, history: Int32Array, position: number): SampledRow
  /** Names the build: runs remember it. */
  build(): string
}

export function realEngine(appRoot: string, appVersion: string): EngineDoor {
  setAppRoot(appRoot)
  let build: string | undefined
  return {
    openModel,
    renderChat,
    tensorStatistics,
    measureReadBandwidth,
    devices,
    loadSession,
    planSession,
    sampleRow: (logits, sampling, history, position) =>
      nativeAddon().sampleRow({ logits, history, position, sampling: nativeSampling(sampling) }),
    build: () => (build ??= `${appVersion}+${addonDigest()}`)
  }
}

/** The first twelve digits of the addon's SHA-256: two builds that may compute differently have different names. */
function addonDigest(): string {
  const folder = backendFolders().at(-1) as string
  const digest = createHash('sha256')
    .update(readFileSync(join(folder, 'greta.node')))
    .digest('hex')
  return digest.slice(0, 12)
}
