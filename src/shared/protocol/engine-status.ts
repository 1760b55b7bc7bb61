import * as v from 'valibot'
import { count, finite, type Value } from './schemas'

/** What the engine host was doing when it last said so. */
export const activitySchema = v.object({
  kind: v.picklist(['idle', 'loading', 'prompt', 'generating', 'checking', 'statistics', 'numerics']),
  /** For people: "generating run 2026-11-21-…", "loading model.gguf". */
  description: v.string(),
  position: v.exactOptional(count)
})
export type EngineActivity = Value<typeof activitySchema>

/** The engine host as its supervisor sees it. */
export const engineStatusSchema = v.object({
  state: v.picklist(['starting', 'ready', 'crashed', 'restarting', 'stopped']),
  /** Counts the starts; a page that sees it change knows that handles of the old host are void. */
  epoch: count,
  /** One sentence for people, when something happened. */
  message: v.exactOptional(v.string()),
  exitCode: v.exactOptional(v.nullable(v.number())),
  signal: v.exactOptional(v.nullable(v.string())),
  lastActivity: v.exactOptional(activitySchema),
  /** Restarts since the engine was last healthy. */
  attempt: count,
  restartInMilliseconds: v.exactOptional(finite),
  processId: v.exactOptional(count),
  /** Where the engine is: this machine, or the address of a remote workbench. */
  location: v.string()
})
export type EngineStatus = Value<typeof engineStatusSchema>

export const capabilitySchema = v.picklist([
  /** Native open and save dialogs (desktop). */
  'dialogs',
  /** app.connect: this window can show a remote workbench (desktop). */
  'remote',
  /** The page and the engine see the same files, so paths from a drop or an export path mean something. */
  'local-paths',
  /** app.restartEngine. */
  'restart'
])
export type Capability = Value<typeof capabilitySchema>

export const welcomeSchema = v.object({
  protocolVersion: count,
  appVersion: v.string(),
  kind: v.picklist(['desktop', 'serve']),
  capabilities: v.array(capabilitySchema),
  engine: engineStatusSchema,
  /** Files named on the command line or dropped on the icon, to open first. */
  openPaths: v.array(v.string())
})
export type Welcome = Value<typeof welcomeSchema>

export const engineInfoSchema = v.object({
  appVersion: v.string(),
  engineBuild: v.string(),
  nodeVersion: v.string(),
  platform: v.string(),
  processId: count,
  runsFolder: v.string(),
  bundledModel: v.exactOptional(v.string())
})
export type EngineInfo = Value<typeof engineInfoSchema>
