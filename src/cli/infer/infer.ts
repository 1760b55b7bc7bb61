import { loadOpenedModel, type Running, type Session, sessionTokenizer } from '../../engine/session'
import { openModel } from '../../engine/formats/open-model'
import { throwIfFailed } from '../../engine/session/throw-if-failed'
import { GretaError } from '../../shared/errors'
import { helpLines } from '../arguments'
import { LogitsDump } from '../logits-dump/logits-dump'
import { loadOptions } from '../load-settings'
import { asGretaError, bundledModel, EXIT, exitCodeOf, reportError, type Surroundings, tellError, type Verb } from '../program'
import { withProgress } from '../progress'
import { BANNER, configurationText, loadedText } from './banner'
import { type InferResult, jsonReport, sinceStart, summaryText } from './report'
import { INFER_OPTIONS, type InferSettings, inferSettings } from './settings'
import { TraceSummary } from './trace-summary'

/** Max tokens of one batch. */
const LARGEST_BATCH = 8192

export const infer: Verb = {
  async run(words, surroundings) {
    const settings = inferSettingsOrFailure(words, surroundings)
    if (settings === undefined) {
      surroundings.out(`usage: ${surroundings.program} [options]\n\nGenerates text from a prompt.\n\n${helpLines(INFER_OPTIONS)}\n`)
      return EXIT.ok
    }
    if (typeof settings === 'number') return settings
    const json = settings.options.json === true
    const modelPath = settings.options.model ?? bundledModel(surroundings.appRoot)
    if (!json) surroundings.out(BANNER + configurationText(settings, modelPath))
    try {
      return await generateText(settings, modelPath, surroundings)
    } catch (thrown) {
      return failed(asGretaError(thrown), words, surroundings)
    }
  }
}

/** The settings, undefined for --help, or the exit code of words that cannot be. */
function inferSettingsOrFailure(words: readonly string[], surroundings: Surroundings): InferSettings | undefined | number {
  try {
    return inferSettings(words, surroundings.environment)
  } catch (thrown) {
    return failed(asGretaError(thrown), words, surroundings)
  }
}

function failed(error: GretaError, words: readonly string[], surroundings: Surroundings): number {
  const code = reportError(error, words, surroundings)
  if (!words.includes('--json')) surroundings.out(`STATUS=FAILED ${error.message}\n`)
  return code
}

async function generateText(settings: InferSettings, modelPath: string, surroundings: Surroundings): Promise<number> {
  const json = settings.options.json === true
  // Before the first file is made: what is begun is finished or removed.
  const interrupt = new AbortController()
  const removeInterrupt = surroundings.onInterrupt(() => interrupt.abort())
  let dump: LogitsDump | undefined
  let session: Session | undefined
  try {
    // Refused before the model is read: a folder that cannot be written would waste the whole run.
    if (settings.options['dump-logits'] !== undefined) dump = await LogitsDump.open(settings.options['dump-logits'], settings.mode)
    const prepared = await prepare(settings, modelPath, surroundings, interrupt.signal)
    session = prepared.session
    if (!json) surroundings.out(loadedText(session))
    const result = await runPrompt(prepared, settings, dump, surroundings, interrupt.signal)
    await dump?.finish(session, result, surroundings.appRoot)
    surroundings.out(json ? jsonReport(result) : summaryText(result))
    const { report } = result
    if (json && report.error !== undefined) {
      // The report on stdout has it.
      const error = GretaError.of(report.error)
      tellError(error, surroundings)
      return exitCodeOf(error)
    }
    throwIfFailed(report)
    if (!json) surroundings.out(report.reason === 'cancelled' ? 'STATUS=FAILED interrupted\n' : 'STATUS=OK\n')
    return report.reason === 'cancelled' ? EXIT.interrupted : EXIT.ok
  } finally {
    await dump?.discard()
    await session?.close()
    removeInterrupt()
  }
}

interface Prepared {
  readonly session: Session
  readonly promptIds: readonly number[]
}

async function prepare(settings: InferSettings, modelPath: string, surroundings: Surroundings, interrupt: AbortSignal): Promise<Prepared> {
  const model = await openModel(modelPath)
  const tokenizer = sessionTokenizer(model)
  const promptIds = settings.promptIds ?? tokenizer.encode(settings.prompt)
  // The whole prompt in one batch, as far as a batch can be.
  const batch = settings.mode === 'prefill' ? { batch: Math.min(LARGEST_BATCH, Math.max(1, promptIds.length)) } : {}
  const options = { ...loadOptions(settings.options), ...batch }
  const session = await withProgress(
    surroundings,
    settings.options.json === true,
    (control) => loadOpenedModel(model, options, { ...control, tokenizer }),
    interrupt
  )
  return { session, promptIds }
}

async function runPrompt(
  { session, promptIds }: Prepared,
  settings: InferSettings,
  dump: LogitsDump | undefined,
  surroundings: Surroundings,
  interrupt: AbortSignal
): Promise<InferResult> {
  const { options } = settings
  const json = options.json === true
  const trace = options.stats === true ? new TraceSummary(session.config.layerCount) : undefined
  const chunk = settings.mode === 'decode' ? 1 : options['prompt-chunk']
  const running: Running = session.generate({
    ids: promptIds,
    maxTokens: settings.maxTokens,
    sampling: settings.sampling,
    stopStrings: options.stop ?? [],
    speculate: options.speculate ?? false,
    // Candidates are shown nowhere here: without any, and without a row to dump, a device may decode several steps on its own.
    candidates: dump === undefined && trace === undefined ? 0 : 1,
    ...(chunk === undefined ? {} : { promptChunk: chunk }),
    ...(trace === undefined ? {} : { trace: { stats: true, blockTimes: true } })
  })
  const cancel = (): void => running.cancel()
  interrupt.addEventListener('abort', cancel)
  if (interrupt.aborted) cancel()
  let firstToken = Number.NaN
  try {
    if (!json && settings.promptIds === undefined) surroundings.out(settings.prompt)
    for await (const event of running) {
      if (event.kind === 'steps') {
        if (event.batch.phase === 'generated' && Number.isNaN(firstToken)) firstToken = sinceStart()
        trace?.add(event.batch)
        await dump?.take(session, event.batch)
      } else if (event.kind === 'text' && !json) {
        surroundings.out(event.text)
      }
    }
  } catch (thrown) {
    // The dump could not be written: nothing more is worth generating.
    running.cancel()
    await running.result
    throw thrown
  } finally {
    interrupt.removeEventListener('abort', cancel)
  }
  return { settings, session, promptIds, report: await running.result, startToFirstTokenMilliseconds: firstToken, trace }
}
