import * as v from 'valibot'
import { engineStatusSchema } from './engine-status'
import { FINISH_REASONS, generationSummarySchema } from './generation'
import { loadedModelSchema, loadProgressSchema } from './model'
import { driftStepSchema } from './numerics'
import { runRowSchema } from './runs'
import { count, errorSchema, runIdSchema, type Value } from './schemas'
import { settingsSchema } from './settings'

/** What is said without being asked, to every connection. */
export const EVENTS = {
  /** From the supervisor. Requests to an engine host that died are answered `engine-exit`. */
  'engine.status': engineStatusSchema,
  'model.progress': loadProgressSchema,
  /** A load that no page asked for (at the start, after a restart) failed. */
  'model.failed': v.object({ path: v.string(), error: errorSchema }),
  'model.changed': v.object({ model: v.nullable(loadedModelSchema) }),
  'settings.changed': settingsSchema,
  /** A generation has begun (from any window); token frames with its handle follow. */
  'run.started': v.object({ row: runRowSchema, handle: count, promptTokens: count, reusedTokens: count, continued: v.boolean() }),
  'run.prefill': v.object({ handle: count, done: count, total: count, reused: count }),
  /** All token frames of the run were sent before this. */
  'run.finished': v.object({
    runId: runIdSchema,
    handle: count,
    reason: v.picklist(FINISH_REASONS),
    error: v.exactOptional(errorSchema),
    stopString: v.exactOptional(v.string()),
    /** Why the library has the run not at all or not to its end; what was shown is right. */
    notKept: v.exactOptional(v.string()),
    summary: generationSummarySchema,
    /** The text as it ended; with a stop string that is less than what the frames carried. */
    text: v.string()
  }),
  'numerics.progress': v.object({ what: v.string(), fraction: v.number() }),
  /** Drift of generated positions against the reference that follows, in order; `lag`: tokens it is behind. */
  'drift.steps': v.object({ handle: count, steps: v.array(driftStepSchema) }),
  /** The follower stopped: why. `unmatchedFrom`: the first position that a recorded run has no row for. */
  'drift.ended': v.object({ handle: count, error: v.exactOptional(errorSchema), unmatchedFrom: v.exactOptional(count) }),
  /** The library changed: ask runs.list again. */
  'runs.changed': v.object({ ids: v.array(runIdSchema) }),
  'runs.checkProgress': v.object({ runId: runIdSchema, done: count, total: count }),
  /** Files the person asked to open outside the page: dropped on the icon, a second start of the app, the menu. */
  'app.open': v.object({ path: v.string() }),
  /** A message of this connection was no request: what was wrong with it. */
  'app.refused': errorSchema,
  /** A menu item that the page carries out. */
  'app.command': v.object({ command: v.string() })
} as const

export type EventName = keyof typeof EVENTS
export type EventData<E extends EventName> = Value<(typeof EVENTS)[E]>
export const isEventName = (name: string): name is EventName => Object.hasOwn(EVENTS, name)
