import type { EngineInfo, EngineStatus, LoadedModel, LoadProgress, Settings as HostSettings, Welcome } from '../../shared/protocol'
import type { GretaErrorData } from '../../shared/errors'
import type { Slice } from './slice'
import type { Vocabulary } from './vocabulary'

export type ConnectionPhase = 'connecting' | 'open' | 'closed'

/** The workbench on the other side: whether it answers, what engine it has, what model that has. */
export interface ConnectionSlice {
  readonly connection: ConnectionPhase
  /** Why the connection ended, in words for people. */
  readonly connectionMessage: string | undefined
  readonly welcome: Welcome | undefined
  readonly engine: EngineStatus | undefined
  /** The last crash, until the person dismisses it; the engine may be back by then. */
  readonly crash: EngineStatus | undefined
  readonly engineInfo: EngineInfo | undefined
  readonly hostSettings: HostSettings | undefined
  readonly model: LoadedModel | undefined
  /** False until the engine has said whether it has a model. */
  readonly modelKnown: boolean
  readonly loading: LoadProgress | undefined
  readonly loadError: GretaErrorData | undefined
  /** A file on its way to the engine's machine. */
  readonly sending: { readonly name: string; readonly fraction: number } | undefined
  readonly vocabulary: Vocabulary | undefined
  /** How far the running numeric tool is. */
  readonly numericsProgress: { readonly what: string; readonly fraction: number } | undefined
  readonly setConnection: (part: Partial<Omit<ConnectionSlice, 'setConnection'>>) => void
}

export const connectionSlice: Slice<ConnectionSlice> = (set) => ({
  connection: 'connecting',
  connectionMessage: undefined,
  welcome: undefined,
  engine: undefined,
  crash: undefined,
  engineInfo: undefined,
  hostSettings: undefined,
  model: undefined,
  modelKnown: false,
  loading: undefined,
  loadError: undefined,
  sending: undefined,
  vocabulary: undefined,
  numericsProgress: undefined,
  setConnection: (part) => set(part)
})
