import * as v from 'valibot'
import { activitySchema } from './engine-status'
import { loadOptionsSchema } from './model'
import { count, pathSchema, type Value } from './schemas'
import type { Message } from './transport'

/**
 * What a supervisor and its engine host say to each other, beside the messages of pages, which the link carries unread
 * (`message`). Structured clone carries it: child_process IPC with serialization 'advanced', or Electron's utilityProcess.
 */
const bytes = v.custom<Uint8Array<ArrayBuffer>>((value) => value instanceof Uint8Array, 'expected bytes')
const pageMessage = v.object({ kind: v.literal('message'), client: count, data: v.union([v.string(), bytes]) })

const loadRequestSchema = v.object({ path: pathSchema, options: loadOptionsSchema })
export type LoadRequest = Value<typeof loadRequestSchema>

export const hostConfigurationSchema = v.object({
  appVersion: v.string(),
  /** Where the program's files are: resources/, out/ (or their packed places). */
  appRoot: v.string(),
  resourcesFolder: v.string(),
  /** Settings, recents and runs. */
  dataFolder: v.string(),
  /** Load this before anything else: the model of the host that died, or the one named on the command line. */
  load: v.exactOptional(loadRequestSchema),
  /** Without `load`: open the last model, or the bundled one. */
  openSomething: v.boolean(),
  /** A page may name a path to write to only when it sees the same files as the engine. */
  pageHasLocalPaths: v.boolean()
})
export type HostConfiguration = Value<typeof hostConfigurationSchema>

export const toHostSchema = v.variant('kind', [
  v.object({ kind: v.literal('configure'), configuration: hostConfigurationSchema }),
  v.object({ kind: v.literal('open'), client: count }),
  pageMessage,
  v.object({ kind: v.literal('close'), client: count }),
  v.object({ kind: v.literal('shutdown') })
])
export const fromHostSchema = v.variant('kind', [
  v.object({ kind: v.literal('ready'), processId: count }),
  pageMessage,
  /** Every half second and at every change: a host that stops saying this is hung. */
  v.object({ kind: v.literal('alive'), activity: activitySchema }),
  /** What to load again after a restart; null after an unload. */
  v.object({ kind: v.literal('loaded'), load: v.nullable(loadRequestSchema) }),
  /** The host is about to end itself because of a bug; the words for people. */
  v.object({ kind: v.literal('fatal'), message: v.string() })
])

export type ToHost =
  | { readonly kind: 'configure'; readonly configuration: HostConfiguration }
  | { readonly kind: 'open' | 'close'; readonly client: number }
  | { readonly kind: 'message'; readonly client: number; readonly data: Message }
  | { readonly kind: 'shutdown' }
export type FromHost =
  | { readonly kind: 'ready'; readonly processId: number }
  | { readonly kind: 'message'; readonly client: number; readonly data: Message }
  | { readonly kind: 'alive'; readonly activity: Value<typeof activitySchema> }
  | { readonly kind: 'loaded'; readonly load: LoadRequest | null }
  | { readonly kind: 'fatal'; readonly message: string }

/** How often the host says that it is alive. */
export const ALIVE_INTERVAL_MILLISECONDS = 500

export function parseToHost(message: unknown): ToHost | undefined {
  const parsed = v.safeParse(toHostSchema, message)
  return parsed.success ? (parsed.output as ToHost) : undefined
}
export function parseFromHost(message: unknown): FromHost | undefined {
  const parsed = v.safeParse(fromHostSchema, message)
  return parsed.success ? (parsed.output as FromHost) : undefined
}
