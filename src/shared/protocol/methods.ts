import * as v from 'valibot'
import type { Arrays, ArrayTypes } from './data-frame'
import { welcomeSchema, engineInfoSchema } from './engine-status'
import { faultSchema } from './fault'
import {
  branchSchema,
  chatMessageSchema,
  continueSchema,
  pieceSchema,
  regenerateSchema,
  renderedChatSchema,
  samplerExplanationSchema,
  startSchema,
  tokenizedSchema
} from './generation'
import { LIMITS, PROTOCOL_VERSION } from './limits'
import {
  devicePlanSchema,
  deviceSchema,
  folderListingSchema,
  loadedModelSchema,
  loadOptionsSchema,
  modelInspectionSchema,
  recentModelSchema,
  tensorStatisticsSchema
} from './model'
import {
  divergenceReportSchema,
  equivalenceReportSchema,
  exerciseResultSchema,
  healthReportSchema,
  lensReportSchema,
  noiseReportSchema,
  parityReportSchema,
  sequenceSchema,
  sideSchema
} from './numerics'
import { LAYER_POINTS } from '../model/trace-points'
import { diskUseSchema, runCheckSchema, runDetailSchema, runListQuerySchema, runListSchema, runRowSchema, runUpdateSchema } from './runs'
import { samplingSchema } from './sampling'
import { count, empty, finite, pathSchema, runIdSchema, type DeepReadonly } from './schemas'
import { settingsPatchSchema, settingsSchema } from './settings'

type NoArrays = { readonly [name in never]: never }

interface Method<P extends v.GenericSchema, R extends v.GenericSchema, A extends ArrayTypes> {
  readonly params: P
  readonly result: R
  /** Arrays that come with the answer in a data frame. */
  readonly arrays: A
}
const method = <P extends v.GenericSchema, R extends v.GenericSchema>(params: P, result: R): Method<P, R, NoArrays> => ({
  params,
  result,
  arrays: {}
})
const methodWithArrays = <P extends v.GenericSchema, R extends v.GenericSchema, const A extends ArrayTypes>(
  params: P,
  result: R,
  arrays: A
): Method<P, R, A> => ({ params, result, arrays })

const text = v.pipe(v.string(), v.maxLength(LIMITS.promptCharacters))
const runPosition = v.object({ runId: runIdSchema, position: count })
const rowSource = v.picklist(['captured', 're-evaluated'])

/**
 * Everything that can be asked. `app.*` is answered by the supervisor (Electron main, or `greta serve`), which lives on when
 * the engine host dies; the rest by the engine host. Answers are Result data: nothing rejects.
 */
export const METHODS = {
  // The supervisor.
  /** First message of every connection. */
  'app.hello': method(v.object({ protocolVersion: count }), welcomeSchema),
  /** Ends the engine host and starts another; the model comes back by itself. */
  'app.restartEngine': method(empty, empty),
  /** Capability `dialogs`. null when the person cancelled. */
  'app.openDialog': method(v.object({ purpose: v.picklist(['model', 'model-folder', 'run']) }), v.object({ path: v.nullable(v.string()) })),
  'app.saveDialog': method(
    v.object({
      purpose: v.picklist(['run', 'csv', 'npy', 'json', 'png']),
      suggestedName: v.pipe(v.string(), v.maxLength(LIMITS.nameCharacters))
    }),
    v.object({ path: v.nullable(v.string()) })
  ),
  /** Capability `remote`: this window shows the workbench at `url` until app.disconnect. */
  'app.connect': method(
    v.object({ url: v.pipe(v.string(), v.maxLength(2000)), token: v.pipe(v.string(), v.maxLength(200)) }),
    v.object({ location: v.string() })
  ),
  'app.disconnect': method(empty, empty),

  // The engine.
  'engine.info': method(empty, engineInfoSchema),
  'devices.list': method(empty, v.object({ devices: v.array(deviceSchema) })),
  'settings.get': method(empty, settingsSchema),
  'settings.set': method(settingsPatchSchema, settingsSchema),
  /** Folders, models and runs of the engine's machine, for a page without a file dialog. Absent path = the home folder. */
  'files.list': method(v.object({ path: v.exactOptional(pathSchema) }), folderListingSchema),
  /** Capability `local-paths` missing: bytes come in upload frames; `files.uploadEnd` names them. */
  'files.uploadBegin': method(
    v.object({ name: v.pipe(v.string(), v.maxLength(LIMITS.nameCharacters)), sizeBytes: v.pipe(count, v.maxValue(LIMITS.uploadBytes)) }),
    v.object({ upload: count })
  ),
  /** What has been written so far. Comes after the frames sent before it: the way to wait for them. */
  'files.uploadReceived': method(v.object({ upload: count }), v.object({ receivedBytes: count })),
  /** Removes what came; a page that goes away cancels what it was sending. */
  'files.uploadCancel': method(v.object({ upload: count }), empty),
  'files.uploadEnd': method(v.object({ upload: count }), v.object({ path: v.string(), sizeBytes: count })),

  // Models.
  'model.inspect': method(v.object({ path: pathSchema }), modelInspectionSchema),
  'model.plan': method(v.object({ path: pathSchema, options: loadOptionsSchema }), v.object({ plans: v.array(devicePlanSchema) })),
  /** Progress comes as `model.progress` events; model.cancelLoad makes it answer `cancelled`. */
  'model.load': method(v.object({ path: pathSchema, options: loadOptionsSchema }), loadedModelSchema),
  'model.cancelLoad': method(empty, empty),
  'model.unload': method(empty, empty),
  'model.loaded': method(empty, v.object({ model: v.nullable(loadedModelSchema) })),
  'model.recents': method(empty, v.object({ recents: v.array(recentModelSchema) })),
  'model.forgetRecent': method(v.object({ path: pathSchema }), empty),
  /** Of any tensor of any file; absent path = the loaded model. */
  'model.tensorStatistics': method(
    v.object({
      path: v.exactOptional(pathSchema),
      tensor: v.pipe(v.string(), v.maxLength(LIMITS.nameCharacters)),
      bins: v.pipe(count, v.minValue(1), v.maxValue(LIMITS.histogramBins))
    }),
    tensorStatisticsSchema
  ),

  // Text and tokens of the loaded model.
  'tokens.encode': method(
    v.object({ text, addSpecial: v.boolean(), parseSpecial: v.boolean(), maxPieces: v.pipe(count, v.maxValue(LIMITS.promptTokens)) }),
    tokenizedSchema
  ),
  'tokens.decode': method(
    v.object({ ids: v.pipe(v.array(count), v.maxLength(LIMITS.promptTokens)) }),
    v.object({ text: v.string(), pieces: v.array(pieceSchema) })
  ),
  'chat.render': method(
    v.object({
      messages: v.pipe(v.array(chatMessageSchema), v.maxLength(LIMITS.chatMessages)),
      template: v.exactOptional(v.pipe(v.string(), v.maxLength(LIMITS.templateCharacters))),
      maxPieces: v.pipe(count, v.maxValue(LIMITS.promptTokens))
    }),
    renderedChatSchema
  ),
  /** The whole vocabulary, once a model: text of token i is bytes textEnds[i-1] .. textEnds[i] of `text` (UTF-8). */
  'tokens.vocabulary': methodWithArrays(empty, v.object({ count, sha256: v.exactOptional(v.string()) }), {
    text: 'u8',
    textEnds: 'u32',
    /** TOKEN_TYPE of every token. */
    types: 'u8',
    bytes: 'u8',
    byteEnds: 'u32'
  }),

  // Generating. Each answers as soon as it has begun; tokens come as token frames, the end as `run.finished`.
  'generate.start': method(startSchema, runDetailSchema),
  'generate.continue': method(continueSchema, runDetailSchema),
  'generate.regenerate': method(regenerateSchema, runDetailSchema),
  'generate.branch': method(branchSchema, runDetailSchema),
  /** Ends it within one token; everything shown stays. */
  'generate.stop': method(empty, empty),

  // Looking closely at one position. `position` is that of the token that went in: the row predicts position + 1.
  'logits.row': methodWithArrays(
    runPosition,
    v.object({ position: count, source: rowSource, chosenId: v.pipe(v.number(), v.safeInteger(), v.minValue(-1)) }),
    { logits: 'f32' }
  ),
  /**
   * Every token of the vocabulary after every stage. Columns by id: `logits` raw; `biased` after bias; `penalised` after
   * penalties; `scaled` after temperature; `probability` at the end (0 where removed); `removedBy`: 0 = kept, else 1 + index
   * into stages. Columns follow `order`: a column whose stage comes later in it still shows its own stage's output.
   */
  'sampler.explain': methodWithArrays(
    v.object({ ...runPosition.entries, sampling: v.exactOptional(samplingSchema) }),
    samplerExplanationSchema,
    { logits: 'f32', biased: 'f32', penalised: 'f32', scaled: 'f32', probability: 'f32', removedBy: 'u8' }
  ),
  /** The values of one trace point at one position, evaluated again with the same arithmetic. */
  'trace.row': methodWithArrays(
    v.object({ ...runPosition.entries, traceIndex: count }),
    v.object({ position: count, traceIndex: count, source: rowSource }),
    { values: 'f32' }
  ),
  /** Memory bandwidth of this machine, measured now (about a second); what GB/s in Profile are a share of. */
  'profile.bandwidth': method(empty, v.object({ bytesPerSecond: finite, threads: count, how: v.string() })),

  // Numeric debugging. One at a time, on sessions of their own: the loaded model goes on undisturbed. Progress comes as
  // `numerics.progress`; numerics.cancel makes the running one answer `cancelled`.
  'numerics.parity': method(
    v.object({ reference: sideSchema, test: sideSchema, sequence: sequenceSchema, localPositions: v.exactOptional(count) }),
    parityReportSchema
  ),
  'numerics.divergence': method(
    v.object({ reference: sideSchema, test: sideSchema, sequence: sequenceSchema, fault: v.exactOptional(faultSchema) }),
    divergenceReportSchema
  ),
  'numerics.equivalence': method(v.object({ test: sideSchema, sequence: sequenceSchema }), equivalenceReportSchema),
  /** The noise floor of one side: repeats, other chunks, one thread. */
  'numerics.noise': method(v.object({ test: sideSchema, sequence: sequenceSchema }), noiseReportSchema),
  'numerics.health': method(
    v.object({ test: sideSchema, sequences: v.pipe(v.array(sequenceSchema), v.minLength(1), v.maxLength(64)) }),
    healthReportSchema
  ),
  'numerics.faultLab': method(
    v.object({ reference: sideSchema, test: sideSchema, sequence: sequenceSchema }),
    v.object({ exercises: v.array(exerciseResultSchema) })
  ),
  /** One operation as a standalone test, written to a new folder below the data folder of the engine's machine. */
  'numerics.repro': method(
    v.object({
      reference: sideSchema,
      test: sideSchema,
      sequence: sequenceSchema,
      layer: count,
      point: v.picklist(LAYER_POINTS),
      position: count,
      fault: v.exactOptional(faultSchema)
    }),
    v.object({ folder: v.string() })
  ),
  'numerics.cancel': method(empty, empty),
  /** What the loaded model would say after every layer, at one position of a run. */
  'numerics.lens': method(
    v.object({ ...runPosition.entries, candidates: v.pipe(count, v.minValue(1), v.maxValue(LIMITS.candidates)) }),
    lensReportSchema
  ),
  /**
   * From now on every generation is followed: by `reference` in lockstep, or by what a recorded run kept, for as long as prompt
   * and tokens are the same. `drift.steps` events come as it catches up. `layers`: false where a run kept no sketches.
   */
  'drift.follow': method(
    v.union([v.object({ reference: sideSchema }), v.object({ runId: runIdSchema })]),
    v.object({ reference: v.string(), layers: v.boolean() })
  ),
  'drift.stop': method(empty, empty),

  // Runs.
  'runs.list': method(runListQuerySchema, runListSchema),
  'runs.open': method(v.object({ id: runIdSchema }), runDetailSchema),
  /** Sends the rows of an opened run as token frames (recorded = true, its handle), then answers. */
  'runs.frames': method(v.object({ id: runIdSchema }), v.object({ rows: count, frames: count })),
  'runs.update': method(runUpdateSchema, runRowSchema),
  'runs.delete': method(v.object({ ids: v.pipe(v.array(runIdSchema), v.maxLength(LIMITS.listRows)) }), v.object({ deleted: count })),
  /** To a path of the engine's machine, or (path absent) as bytes for the page to save. */
  'runs.export': methodWithArrays(
    v.object({ id: runIdSchema, path: v.exactOptional(pathSchema) }),
    v.object({ fileName: v.string(), sizeBytes: count }),
    { file: 'u8' }
  ),
  'runs.import': method(v.object({ path: pathSchema }), runRowSchema),
  /** Computes the run again and compares. Progress comes as `runs.checkProgress`. */
  'runs.check': method(v.object({ id: runIdSchema }), runCheckSchema),
  'runs.diskUse': method(empty, diskUseSchema)
} as const

export type MethodName = keyof typeof METHODS
export const isMethodName = (name: string): name is MethodName => Object.hasOwn(METHODS, name)

export type Params<M extends MethodName> = DeepReadonly<v.InferInput<(typeof METHODS)[M]['params']>>
export type ValidParams<M extends MethodName> = DeepReadonly<v.InferOutput<(typeof METHODS)[M]['params']>>
type ResultData<M extends MethodName> = DeepReadonly<v.InferOutput<(typeof METHODS)[M]['result']>>
type ArraysOf<M extends MethodName> = Arrays<(typeof METHODS)[M]['arrays']>
/** What a call gives: the JSON of the answer, and `arrays` for methods that have them. */
export type Answer<M extends MethodName> = keyof ArraysOf<M> extends never
  ? ResultData<M>
  : ResultData<M> & { readonly arrays: ArraysOf<M> }

/** Who answers a method. */
export type Destination = 'app' | 'engine'
export const destinationOf = (name: string): Destination => (name.startsWith('app.') ? 'app' : 'engine')

export const HELLO: Params<'app.hello'> = { protocolVersion: PROTOCOL_VERSION }
